/* What a session may ask of its operator's ssh-agent, and do with his terminal. */
#include "policy/policy_private.h"
#include "spec/public_key.h"

#include <string.h>

enum { USUAL_PORT = 22 };

static bool has_key(const struct public_key *v, size_t n, const struct public_key *key) {
    for (size_t i = 0; i < n; i++)
        if (v[i].n == key->n && memcmp(v[i].bytes, key->bytes, key->n) == 0)
            return true;
    return false;
}

static const struct ssh_server *find_server(const struct ssh *ssh, const struct ssh_server *like) {
    for (size_t i = 0; i < ssh->hosts.n; i++)
        if (ssh->hosts.v[i].port == like->port &&
            strcmp(ssh->hosts.v[i].host.name.s, like->host.name.s) == 0)
            return &ssh->hosts.v[i];
    return NULL;
}

static void write_server(struct buf *b, const struct ssh_server *server) {
    buf_host(b, server->host);
    if (server->port == USUAL_PORT)
        return;
    buf_lit(b, ", port ");
    buf_uint(b, (uint64_t)server->port);
}

/* Its rule goes with it: any byte at that port, through the proxy. */
static void tell_server(struct policy_run *run, const struct ssh_server *server) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "connect to ");
    write_server(&sentence, server);
    buf_lit(&sentence, " by ssh, and log in there as its operators, with their ssh-agents");
    buf_lit(&subject, "ssh to ");
    write_server(&subject, server);
    policy_add(run, &sentence, &subject);
}

static void tell_server_key(struct policy_run *run, const struct ssh_server *server,
                            const struct public_key *key) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    buf_lit(&sentence, "whoever has the key ");
    buf_key_fingerprint(&sentence, *key);
    buf_lit(&sentence, " is ");
    policy_now(run, &sentence);
    buf_lit(&sentence, "believed to be ");
    write_server(&sentence, server);
    buf_lit(&subject, "a key of the host ");
    write_server(&subject, server);
    policy_add(run, &sentence, &subject);
}

static void tell_key(struct policy_run *run, const struct public_key *key) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "use the key ");
    buf_key_fingerprint(&sentence, *key);
    buf_lit(&sentence, " of its operators, where their ssh-agents hold it");
    buf_lit(&subject, "a key of the operators");
    policy_add(run, &sentence, &subject);
}

static void tell_commits(struct policy_run *run) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "sign commits and tags as its operators, whatever is in them");
    buf_lit(&subject, "signed commits");
    policy_add(run, &sentence, &subject);
}

static void tell_notify(struct policy_run *run, const struct terminal *more) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_may(run, &sentence);
    buf_lit(&sentence, "show a line of its own choice on the desktops of its operators");
    if (more->notify == NOTIFY_ALWAYS)
        buf_lit(&sentence, ", also of those who come by ssh");
    buf_lit(&subject, "its operators' desktops");
    policy_add(run, &sentence, &subject);
}

void policy_more_terminal(struct policy_run *run, const struct spec *less,
                          const struct spec *more) {
    static const int reach[] = {[NOTIFY_NEVER] = 0, [NOTIFY_LOCAL] = 1, [NOTIFY_ALWAYS] = 2};
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    if (reach[more->terminal.notify] > reach[less->terminal.notify])
        tell_notify(run, &more->terminal);
    if (more->terminal.clipboard <= less->terminal.clipboard)
        return;
    policy_may(run, &sentence);
    buf_lit(&sentence, "write its operators' clipboards, by what it prints");
    buf_lit(&subject, "its operators' clipboards");
    policy_add(run, &sentence, &subject);
}

void policy_more_ssh(struct policy_run *run, const struct spec *less, const struct spec *more) {
    for (size_t i = 0; i < more->ssh.hosts.n; i++) {
        const struct ssh_server *server = &more->ssh.hosts.v[i],
                                *was = find_server(&less->ssh, server);
        if (!was)
            tell_server(run, server);
        for (size_t k = 0; was && k < server->keys.n; k++)
            if (!has_key(was->keys.v, was->keys.n, &server->keys.v[k]))
                tell_server_key(run, server, &server->keys.v[k]);
    }
    for (size_t i = 0; i < more->ssh.keys.n; i++)
        if (!has_key(less->ssh.keys.v, less->ssh.keys.n, &more->ssh.keys.v[i]))
            tell_key(run, &more->ssh.keys.v[i]);
    if (more->ssh.sign_commits && !less->ssh.sign_commits)
        tell_commits(run);
}
