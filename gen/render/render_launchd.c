/* launchd's jobs. Keys and their types: launchd.plist(5). A plist is world-readable. */
#include "render/render_darwin.h"
#include "render/units.h"
#include "spec/types.h"
#include "write/write_xml.h"

enum {
    UMASK = 63,         /* 077: a plist knows no octal */
    OPEN_FILES = 65536, /* two for each connection, and launchd gives 256 */
    CHECK_SECONDS = 60, /* how long another program's pf rules, or a new secret, may go unnoticed */
    RESTART_SECONDS = 1, /* launchd's own default is 10 */
    EXIT_SECONDS = 3,    /* then SIGKILL */
};

/* A string that is a path of the plan and a fixed rest. */
#define string_below(p, folder, rest)                                                              \
    do {                                                                                           \
        struct buf path_ BUF_CLEANUP = {0};                                                        \
        buf_path(&path_, (folder));                                                                \
        buf_lit(&path_, rest);                                                                     \
        plist_inert((p), &path_);                                                                  \
    } while (0)

static void string_uint(struct plist *p, uint64_t n) {
    struct buf digits BUF_CLEANUP = {0};
    buf_uint(&digits, n);
    plist_inert(p, &digits);
}

/* launchctl finds a job by its label, people by its file: both are the same. */
#define label(p, plan, job)                                                                        \
    do {                                                                                           \
        struct buf label_ BUF_CLEANUP = {0};                                                       \
        buf_lit(&label_, "org.agent-sandbox.");                                                    \
        buf_name(&label_, (plan)->name);                                                           \
        buf_lit(&label_, "." job);                                                                 \
        plist_key((p), "Label");                                                                   \
        plist_inert((p), &label_);                                                                 \
    } while (0)

/* The file is opened as the job's user, and launchd makes no folder. */
#define log_to(p, plan, file)                                                                      \
    do {                                                                                           \
        plist_key((p), "StandardOutPath");                                                         \
        string_below((p), (plan)->darwin_state, file);                                             \
        plist_key((p), "StandardErrorPath");                                                       \
        string_below((p), (plan)->darwin_state, file);                                             \
    } while (0)

bool has_launchd_secrets(const struct plan *plan) {
    for (size_t i = 0; i < plan->handed.n; i++)
        if (plan->handed.v[i].source.kind != SOURCE_SYSTEMD)
            return true;
    return plan->spec->logins.n > 0;
}

void buf_launchd_secret(struct buf *out, const struct plan *plan,
                        const struct credential *credential) {
    buf_name(out, credential->name);
    if (credential->source.kind == SOURCE_FILE) {
        buf_lit(out, "=file:");
        buf_path(out, credential->source.path);
    } else if (credential->source.kind == SOURCE_COMMAND) {
        buf_lit(out, "=file:");
        buf_given(out, plan->darwin_state, credential);
    } else {
        buf_lit(out, "=keychain:");
        buf_name(out, credential->source.name);
    }
}

/* An empty list is none to launchd. */
static void secrets_watched(struct plist *p, const struct plan *plan) {
    bool any = false;
    for (size_t i = 0; i < plan->handed.n; i++) {
        const struct source *source = &plan->handed.v[i].source;
        struct buf given BUF_CLEANUP = {0};
        if (source->kind != SOURCE_FILE && source->kind != SOURCE_COMMAND)
            continue;
        if (!any) {
            plist_key(p, "WatchPaths");
            plist_array(p);
            any = true;
        }
        if (source->kind == SOURCE_FILE) {
            plist_path(p, source->path);
        } else {
            buf_given(&given, plan->darwin_state, &plan->handed.v[i]);
            plist_inert(p, &given);
        }
    }
    if (any)
        plist_end(p);
}

/* As root, at the start, whenever a file changes, and every minute: a keychain tells nobody. */
void render_secrets_plist(const struct plan *plan, struct buf *out) {
    struct plist p;
    plist_start(&p, out);
    plist_dict(&p);
    label(&p, plan, "secrets");
    plist_key(&p, "ProgramArguments");
    plist_array(&p);
    string_below(&p, plan->darwin_current, "/bin/darwin-secrets");
    string_below(&p, plan->darwin_state, "/secrets");
    string_uint(&p, plan->proxy_uid);
    for (size_t i = 0; i < plan->handed.n; i++) {
        struct buf pair BUF_CLEANUP = {0};
        if (plan->handed.v[i].source.kind == SOURCE_SYSTEMD)
            continue;
        buf_launchd_secret(&pair, plan, &plan->handed.v[i]);
        plist_inert(&p, &pair);
    }
    if (plan->spec->logins.n) {
        struct buf key BUF_CLEANUP = {0};
        buf_lit(&key, "login-key=file:");
        buf_path(&key, plan->darwin_state);
        buf_lit(&key, "/login-key.cred");
        plist_inert(&p, &key);
    }
    plist_end(&p);
    plist_key(&p, "RunAtLoad");
    plist_bool(&p, true);
    plist_key(&p, "StartInterval");
    plist_uint(&p, CHECK_SECONDS);
    secrets_watched(&p, plan);
    plist_key(&p, "Umask");
    plist_uint(&p, UMASK);
    log_to(&p, plan, "/secrets.log");
    plist_end(&p);
    plist_finish(&p);
}

static void open_files(struct plist *p) {
    plist_dict(p);
    plist_key(p, "NumberOfFiles");
    plist_uint(p, OPEN_FILES);
    plist_end(p);
}

static void egress_user(struct plist *p, const struct plan *plan) {
    plist_key(p, "UserName");
    plist_name(p, plan->proxy);
    plist_key(p, "GroupName");
    plist_name(p, plan->proxy);
    plist_key(p, "InitGroups"); /* without it the job keeps root's groups */
    plist_bool(p, true);
    plist_key(p, "SessionCreate");
    plist_bool(p, true);
    plist_key(p, "Umask");
    plist_uint(p, UMASK);
    plist_key(p, "WorkingDirectory");
    string_below(p, plan->darwin_state, "/proxy");
    plist_key(p, "EnvironmentVariables");
    plist_dict(p);
    plist_key(p, "HOME");
    string_below(p, plan->darwin_state, "/proxy");
    plist_key(p, "ROTATED_CREDENTIALS");
    string_below(p, plan->darwin_state, "/secrets");
    plist_key(p, "LANG");
    plist_string(p, "en_US.UTF-8");
    plist_key(p, "PYTHONDONTWRITEBYTECODE");
    plist_string(p, "1");
    plist_end(p);
}

static void egress_life(struct plist *p) {
    plist_key(p, "RunAtLoad");
    plist_bool(p, true);
    plist_key(p, "KeepAlive");
    plist_bool(p, true);
    plist_key(p, "ThrottleInterval");
    plist_uint(p, RESTART_SECONDS);
    plist_key(p, "ExitTimeOut");
    plist_uint(p, EXIT_SECONDS);
    plist_key(p, "ProcessType"); /* no throttling: a person waits for the answers */
    plist_string(p, "Interactive");
    plist_key(p, "SoftResourceLimits");
    open_files(p);
    plist_key(p, "HardResourceLimits");
    open_files(p);
}

void render_egress_plist(const struct plan *plan, struct buf *out) {
    struct plist p;
    plist_start(&p, out);
    plist_dict(&p);
    label(&p, plan, "egress");
    plist_key(&p, "ProgramArguments");
    plist_array(&p);
    string_below(&p, plan->darwin_current, "/bin/darwin-egress");
    plist_path(&p, plan->darwin_state);
    string_uint(&p, plan->proxy_port);
    plist_name(&p, (struct name){type_engine.values[plan->spec->network.engine]});
    if (plan_has_control(plan)) {
        struct buf run BUF_CLEANUP = {0};
        buf_lit(&run, "/var/run/");
        buf_name(&run, plan->prefix);
        plist_inert(&p, &run);
    }
    plist_end(&p);
    egress_user(&p, plan);
    egress_life(&p);
    log_to(&p, plan, "/proxy/egress.log");
    plist_end(&p);
    plist_finish(&p);
}

#define pf_rules(p, plan, rest)                                                                    \
    do {                                                                                           \
        struct buf rules_ BUF_CLEANUP = {0};                                                       \
        buf_path(&rules_, (plan)->darwin_current);                                                 \
        buf_lit(&rules_, "/darwin/pf/");                                                           \
        buf_name(&rules_, (plan)->prefix);                                                         \
        buf_lit(&rules_, rest);                                                                    \
        plist_inert((p), &rules_);                                                                 \
    } while (0)

/* Not LaunchOnlyOnce, which would be the first check and the last. */
static void pf_when(struct plist *p, const struct plan *plan) {
    plist_key(p, "RunAtLoad");
    plist_bool(p, true);
    plist_key(p, "StartInterval");
    plist_uint(p, CHECK_SECONDS);
    plist_key(p, "WatchPaths");
    plist_array(p);
    plist_string(p, "/etc/pf.conf");
    pf_rules(p, plan, ".conf");
    pf_rules(p, plan, "-mdns.conf");
    plist_end(p);
}

void render_pf_plist(const struct plan *plan, struct buf *out) {
    struct plist p;
    plist_start(&p, out);
    plist_dict(&p);
    label(&p, plan, "pf");
    plist_key(&p, "ProgramArguments");
    plist_array(&p);
    string_below(&p, plan->darwin_current, "/bin/pf-guard");
    plist_string(&p, "keep");
    plist_name(&p, plan->name);
    string_uint(&p, plan->agent_uid);
    plist_end(&p);
    pf_when(&p, plan);
    plist_key(&p, "Umask");
    plist_uint(&p, UMASK);
    log_to(&p, plan, "/pf-guard.log");
    plist_end(&p);
    plist_finish(&p);
}
