/* The engine's program: the policy and its changes, the port, the clock. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/sha256.h"
#include "base/whole_file.h"
#include "engine/capture.h"
#include "engine/chain.h"
#include "engine/client.h"
#include "engine/control.h"
#include "engine/dial.h"
#include "engine/file_seen.h"
#include "engine/grants.h"
#include "engine/journal.h"
#include "engine/logins.h"
#include "engine/options.h"
#include "engine/pool.h"
#include "engine/questions.h"
#include "engine/ssh_agent.h"
#include "engine/tls.h"
#include "engine/traffic.h"
#include "engine/tunnel.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LONGEST_POLICY = 64 * 1024 * 1024, SECURE_HEAP = 512 * 1024, BACKLOG = 512 };

static struct {
    struct options options;
    struct file_seen seen; /* of the policy, when it was last read */
    struct grants *grants; /* NULL: none can be */
    char digest[65];       /* of the one that is live */
    char *told;            /* where its digest is left when there is no systemd */
} own;

/* The policy. */

static void tell_digest(const char *refused) {
    char text[200];
    snprintf(text, sizeof text, refused ? "policy %s; refused %s" : "policy %s", own.digest,
             refused);
    journal_status(text, own.told);
}

/* JSON takes several times what is kept of it, and lies below that. */
static void give_memory_back(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* NULL, or why the old one stays; free with free(). */
static char *read_policy(struct proxy *proxy) {
    char *text CHAR_CLEANUP = NULL, digest[65] = "unreadable", *problem = NULL;
    size_t length = 0;
    const char *why = read_whole_file(own.options.policy, LONGEST_POLICY, &text, &length);
    struct egress *read = NULL;
    if (why) {
        problem = must_copy(why);
    } else {
        sha256_hex(text, length, digest);
        read = egress_load(text, length, &problem);
    }
    const char *unkept = read ? logins_know(proxy->logins, read) : NULL;
    if (unkept) {
        egress_free(read);
        read = NULL;
        problem = must_copy(unkept);
    }
    if (!read) {
        tell_digest(digest);
        return problem;
    }
    egress_take_over(read, proxy->egress);
    egress_free(proxy->egress);
    proxy->egress = read;
    read->granted = own.grants;
    tunnels_judge(proxy);
    give_memory_back();
    memcpy(own.digest, digest, sizeof digest);
    tell_digest(NULL);
    questions_look();
    journal_write(json_pack("{s:s, s:s, s:I, s:s}", "event", "policy-loaded", "sandbox",
                            read->sandbox, "rules", (json_int_t)read->rule_count, "enforcement",
                            read->audit ? "audit" : "enforce"));
    return NULL;
}

static void refresh(struct proxy *proxy) {
    if (!file_has_changed(own.options.policy, &own.seen))
        return;
    char *problem CHAR_CLEANUP = read_policy(proxy);
    if (problem)
        journal_write(json_pack("{s:s, s:s}", "event", "policy-kept", "error", problem));
}

static void complain(const char *problem) {
    journal_write(json_pack("{s:s, s:s}", "event", "credential-kept", "error", problem));
}

static void complain_of_grants(const char *path, const char *why) {
    journal_write(json_pack("{s:s, s:s, s:s}", "event", "grants-kept", "file", path, "error", why));
}

static void look(struct proxy *proxy) {
    (void)proxy;
    if (own.grants)
        grants_refresh(own.grants);
}

static void reload(uv_signal_t *handle, int number) {
    struct proxy *proxy = handle->data;
    (void)number;
    own.seen = (struct file_seen){0};
    vault_forget(proxy->vault);
    refresh(proxy);
}

/* What is not told yet is, and then the signal does what it does. */
static void leave(uv_signal_t *handle, int number) {
    uv_signal_stop(handle);
    traffic_tell();
    signal(number, SIG_DFL);
    raise(number);
}

/* Beginning. */

/* Nobody of the same user reads this memory, and none of it is written to a disk. */
static void guard_memory(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0);
#endif
    CRYPTO_secure_malloc_init(SECURE_HEAP, 32);
}

static void start_secret(struct proxy *proxy, const struct egress_credential *credential) {
    struct arena *arena = arena_new();
    struct bytes secret;
    struct forms *forms;
    const char *why = vault_read(proxy->vault, credential, arena, &secret, &forms);
    if (why)
        journal_fatal("%s", why);
    arena_free(arena);
}

static void start_policy(struct proxy *proxy) {
    file_has_changed(own.options.policy, &own.seen);
    char *problem = read_policy(proxy);
    if (problem)
        journal_fatal("policy: %s", problem);
    size_t others = proxy->egress->credential_count - proxy->egress->login_count;
    for (size_t i = 0; i < others; i++)
        start_secret(proxy, &proxy->egress->credentials[i]);
    if (proxy->egress->upstream && proxy->egress->upstream->user)
        start_secret(proxy, &proxy->egress->upstream->password);
}

/* Whoever logs in comes later: none is there at first. */
static void start_logins(struct proxy *proxy) {
    const char *keys = getenv("CREDENTIALS_DIRECTORY");
    struct buf folder BUF_CLEANUP = {0}, key BUF_CLEANUP = {0};
    if (!keys)
        keys = getenv("ROTATED_CREDENTIALS");
    buf_printf(&folder, "%s/logins", own.options.state);
    if (keys)
        buf_printf(&key, "%s/login-key", keys);
    proxy->logins = logins_new(proxy, folder.data, key.data);
}

static void start_authority(struct proxy *proxy) {
    const char *why = ca_open(own.options.state, proxy->egress->sandbox, &proxy->ca);
    if (why)
        journal_fatal("%s: %s", own.options.state, why);
    proxy->to_clients = tls_server_context();
    proxy->authorities = own.options.authorities;
    proxy->to_servers = tls_client_context(own.options.authorities);
    if (!proxy->to_servers)
        journal_fatal("the certificates that servers are verified with cannot be read");
}

static void on_connection(uv_stream_t *server, int status) {
    if (status == 0)
        client_accept(server->data, server);
}

static void listen_there(struct proxy *proxy, uv_tcp_t *port) {
    struct sockaddr_storage address;
    const char *host = proxy->egress->listen_host;
    int number = proxy->egress->listen_port;
    int error = strchr(host, ':') ? uv_ip6_addr(host, number, (struct sockaddr_in6 *)&address)
                                  : uv_ip4_addr(host, number, (struct sockaddr_in *)&address);
    uv_tcp_init(proxy->loop, port);
    port->data = proxy;
    if (!error)
        error = uv_tcp_bind(port, (const struct sockaddr *)&address, 0);
    if (!error)
        error = uv_listen((uv_stream_t *)port, BACKLOG, on_connection);
    if (error)
        journal_fatal("the proxy does not listen at %s port %d: %s", host, number,
                      uv_strerror(error));
}

static void every_second(uv_timer_t *timer) {
    struct proxy *proxy = timer->data;
    refresh(proxy);
    look(proxy);
    questions_tick();
    journal_tell_untold();
    traffic_tick();
    exchanges_tick();
    clients_tick(proxy);
    dials_tick();
    pool_tick(proxy->pool);
    conn_tick(&proxy->conns);
    logins_tick(proxy->logins);
}

int main(int argc, char **argv) {
    static struct proxy proxy;
    static uv_tcp_t port;
    static uv_timer_t clock;
    static uv_signal_t hang_up, end;
    own.options = options_read(argc, argv);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    guard_memory();
    journal_start();
    if (!own.options.state)
        chain_start(own.options.ssh_agent ? "ssh" : "capture", NULL);
    if (own.options.ssh_agent)
        ssh_agent_run(own.options.ssh_agent, own.options.sign_commits);
    if (own.options.capture)
        return capture_run(uv_default_loop(), own.options.capture);
    struct buf told = {0};
    buf_printf(&told, "%s/policy-loaded", own.options.state);
    own.told = told.data;
    setenv("UV_THREADPOOL_SIZE", "16",
           0); /* names that do not resolve must not keep others waiting */
    proxy.loop = uv_default_loop();
    proxy.refresh = refresh;
    proxy.look = look;
    questions_start(proxy.loop);
    if (own.options.grants_count)
        own.grants = grants_new(own.options.grants, own.options.grants_count,
                                (struct grants_events){complain_of_grants, questions_look});
    proxy.vault =
        vault_new(getenv("CREDENTIALS_DIRECTORY"), getenv("ROTATED_CREDENTIALS"), complain);
    if (mkdir(own.options.state, 0700) < 0 && errno != EEXIST)
        journal_fatal("%s: %s", own.options.state, strerror(errno));
    chain_start("proxy", own.options.state);
    start_logins(&proxy);
    start_policy(&proxy);
    start_authority(&proxy);
    proxy.pool = pool_new(&proxy);
    conn_list_start(&proxy.conns, proxy.loop);
    listen_there(&proxy, &port);
    if (own.options.control)
        control_open(&proxy, own.options.control);
    uv_timer_init(proxy.loop, &clock);
    clock.data = &proxy;
    uv_timer_start(&clock, every_second, 1000, 1000);
    uv_signal_init(proxy.loop, &hang_up);
    hang_up.data = &proxy;
    uv_signal_start(&hang_up, reload, SIGHUP);
    uv_signal_init(proxy.loop, &end);
    uv_signal_start(&end, leave, SIGTERM);
    journal_notify("READY=1");
    journal_write(json_pack("{s:s}", "event", "ready"));
    return uv_run(proxy.loop, UV_RUN_DEFAULT);
}
