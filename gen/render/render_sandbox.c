/* sandbox.json: the decisions, for the Nix modules and everyone else who reads JSON; and spec.json,
 * the spec with nothing left to look up. */
#include "plan/managed.h"
#include "plan/proxy_env.h"
#include "render/render_darwin.h"
#include "render/render_home.h"
#include "render/render_json.h"
#include "render/render_sandbox_logins.h"
#include "render/units.h"
#include "spec/schema.h"

#include <string.h>

enum { FORMAT = 1 };

void render_spec(const struct plan *plan, struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    schema_write(&j, &spec_object, plan->spec);
    jw_finish(&j);
}

static void names(struct json_writer *j, const struct name *v, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_name(j, v[i]);
    jw_end(j);
}

static void texts(struct json_writer *j, const struct text *v, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_text(j, v[i]);
    jw_end(j);
}

static void ports(struct json_writer *j, const int64_t *v, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_uint(j, (uint64_t)v[i]);
    jw_end(j);
}

static void users(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "agent");
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->agent);
    jw_key(j, "uid");
    jw_uint(j, plan->agent_uid);
    jw_key(j, "shell");
    type_shell.write(j, &plan->spec->user.shell);
    jw_key(j, "home");
    jw_object(j);
    jw_key(j, "linux");
    jw_path(j, plan->linux_home);
    jw_key(j, "darwin");
    jw_path(j, plan->darwin_home);
    jw_end(j);
    jw_end(j);
    jw_key(j, "proxy");
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->proxy);
    jw_key(j, "uid");
    jw_uint(j, plan->proxy_uid);
    jw_key(j, "port");
    jw_uint(j, plan->proxy_port);
    jw_key(j, "relayPort");
    jw_uint(j, plan->relay_port);
    jw_end(j);
    jw_key(j, "relay");
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->relay);
    jw_end(j);
    jw_key(j, "share");
    jw_object(j);
    jw_key(j, "name");
    jw_name(j, plan->share);
    jw_key(j, "gid");
    jw_uint(j, plan->share_gid);
    jw_end(j);
    jw_key(j, "operators");
    texts(j, plan->spec->operators.v, plan->spec->operators.n);
}

static void hosts(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "hosts");
    jw_object(j);
    for (size_t i = 0; i < spec->hosts.n; i++) {
        jw_key_name(j, spec->hosts.v[i].name);
        jw_object(j);
        jw_key(j, "system");
        type_system.write(j, &spec->hosts.v[i].system);
        jw_key(j, "kind");
        type_host_kind.write(j, &spec->hosts.v[i].kind);
        jw_end(j);
    }
    jw_end(j);
}

static void packages(struct json_writer *j, const struct packages *p) {
    jw_key(j, "packages");
    jw_object(j);
    jw_key(j, "nix");
    names(j, p->nix.v, p->nix.n);
    jw_key(j, "unfree");
    names(j, p->unfree.v, p->unfree.n);
    jw_key(j, "homebrew");
    jw_object(j);
    jw_key(j, "formulae");
    names(j, p->homebrew.formulae.v, p->homebrew.formulae.n);
    jw_key(j, "casks");
    names(j, p->homebrew.casks.v, p->homebrew.casks.n);
    jw_end(j);
    jw_end(j);
}

static void proxy_environment(struct json_writer *j, const struct plan *plan, bool darwin) {
    jw_object(j);
    for (size_t i = 0; i < proxy_variables_count; i++) {
        if (!proxy_variable_is_ours(&proxy_variables[i], plan, darwin))
            continue;
        BUF_CLEANUP struct buf value = {0};
        proxy_variables[i].value(plan, darwin, &value);
        jw_key_name(j, (struct name){proxy_variables[i].name});
        jw_inert(j, &value);
    }
    jw_end(j);
}

static void environment(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "environment");
    jw_object(j);
    for (size_t i = 0; i < plan->environment.n; i++) {
        jw_key_name(j, plan->environment.v[i].name);
        jw_text(j, plan->environment.v[i].value);
    }
    jw_end(j);
    jw_key(j, "proxyEnvironment");
    jw_object(j);
    jw_key(j, "linux");
    proxy_environment(j, plan, false);
    jw_key(j, "darwin");
    proxy_environment(j, plan, true);
    jw_end(j);
}

static void git(struct json_writer *j, const struct git *git) {
    jw_key(j, "git");
    jw_object(j);
    if (git->name.s) {
        jw_key(j, "name");
        jw_text(j, git->name);
    }
    if (git->email.s) {
        jw_key(j, "email");
        jw_text(j, git->email);
    }
    jw_end(j);
}

static void one_dotfile(const char *path, bool executable, void *context) {
    struct json_writer *j = context;
    jw_object(j);
    jw_key(j, "path");
    jw_name(j, (struct name){path});
    jw_key(j, "executable");
    jw_bool(j, executable);
    jw_end(j);
}

static void dotfiles(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "dotfiles");
    jw_array(j);
    home_paths(plan, one_dotfile, j);
    jw_end(j);
}

static void patterns(struct json_writer *j, const struct text *v, size_t n) {
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        jw_text(j, v[i]);
    jw_end(j);
}

static void files(struct json_writer *j, const struct files *files) {
    if (files->hide.n) {
        jw_key(j, "hide");
        patterns(j, files->hide.v, files->hide.n);
    }
    if (files->protect.n) {
        jw_key(j, "protect");
        patterns(j, files->protect.v, files->protect.n);
    }
    if (files->unprotect.n) {
        jw_key(j, "unprotect");
        patterns(j, files->unprotect.v, files->unprotect.n);
    }
}

static void workspaces(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "workspaces");
    jw_array(j);
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        jw_object(j);
        jw_key(j, "path");
        jw_text(j, spec->workspaces.v[i].path);
        jw_key(j, "darwinPath");
        jw_text(j, spec->workspaces.v[i].darwin_path);
        jw_key(j, "access");
        type_access.write(j, &spec->workspaces.v[i].access);
        files(j, &spec->workspaces.v[i].files);
        jw_end(j);
    }
    jw_end(j);
    files(j, &spec->files);
}

/* For host/projects.py. */
static void projects(struct json_writer *j, const struct projects *projects) {
    if (!projects->roots.n)
        return;
    jw_key(j, "projects");
    jw_object(j);
    jw_key(j, "roots");
    texts(j, projects->roots.v, projects->roots.n);
    jw_key(j, "home");
    type_project_home.write(j, &projects->home);
    jw_key(j, "worktrees");
    jw_bool(j, projects->worktrees);
    jw_end(j);
}

/* For the probes, which must not dial what is open. */
static void opened(struct json_writer *j, const struct plan *plan) {
    if (!plan->opened.n)
        return;
    jw_key(j, "opened");
    jw_array(j);
    for (size_t i = 0; i < plan->opened.n; i++) {
        jw_object(j);
        jw_key(j, "cidr");
        type_cidr.write(j, &plan->opened.v[i].cidr);
        jw_key(j, "ports");
        ports(j, plan->opened.v[i].ports, plan->opened.v[i].port_count);
        jw_end(j);
    }
    jw_end(j);
}

static void network(struct json_writer *j, const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    jw_key(j, "network");
    jw_object(j);
    jw_key(j, "enforcement");
    type_enforcement.write(j, &network->enforcement);
    jw_key(j, "engine");
    type_engine.write(j, &network->engine);
    jw_key(j, "capture");
    jw_bool(j, network->capture);
    jw_key(j, "localPorts");
    ports(j, network->local_ports.v, network->local_ports.n);
    jw_key(j, "publish");
    ports(j, network->publish.v, network->publish.n);
    jw_key(j, "cidrs");
    jw_array(j);
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        jw_object(j);
        jw_key(j, "cidr");
        type_cidr.write(j, &rule->cidr);
        jw_key(j, "protocol");
        type_protocol.write(j, &rule->protocol);
        jw_key(j, "ports");
        ports(j, rule->ports.v, rule->ports.n);
        jw_end(j);
    }
    jw_end(j);
    opened(j, plan);
    jw_end(j);
}

static void relaxations(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "relax");
    jw_array(j);
    for (size_t i = 0; i < spec->relax.n; i++)
        type_relax.write(j, &spec->relax.v[i]);
    jw_end(j);
}

static void credentials(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "credentials");
    jw_array(j);
    for (size_t i = 0; i < plan->handed.n; i++) {
        const struct credential *c = &plan->handed.v[i];
        jw_object(j);
        jw_key(j, "name");
        jw_name(j, c->name);
        jw_key(j, "source");
        type_source.write(j, &c->source);
        if (c->env.s) {
            jw_key(j, "env");
            jw_name(j, c->env);
        }
        if (c->placeholder.s) {
            jw_key(j, "placeholder");
            jw_text(j, c->placeholder);
        }
        jw_end(j);
    }
    jw_end(j);
}

static void limits(struct json_writer *j, const struct limits *limits) {
    const struct {
        const char *key;
        int64_t value;
    } rows[] = {{"memory", limits->memory},
                {"cpus", limits->cpus},
                {"tasks", limits->tasks},
                {"session", limits->session},
                {"disk", limits->disk}};
    jw_key(j, "limits");
    jw_object(j);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].value)
            continue;
        jw_key_name(j, (struct name){rows[i].key});
        jw_uint(j, (uint64_t)rows[i].value);
    }
    jw_end(j);
}

/* What stands where on a host, for host/kinds/managed.py and the Nix modules. */
static void managed(struct json_writer *j, const struct spec *spec) {
    if (spec->managed.n == 0)
        return;
    jw_key(j, "managed");
    jw_array(j);
    for (size_t i = 0; i < spec->managed.n; i++) {
        const struct managed_file *file = &managed_files[spec->managed.v[i]];
        jw_object(j);
        jw_key(j, "agent");
        jw_name(j, file->agent);
        jw_key(j, "file");
        jw_text(j, (struct text){file->file});
        jw_key(j, "linux");
        jw_text(j, (struct text){file->linux_place});
        jw_key(j, "darwin");
        jw_text(j, (struct text){file->darwin_place});
        jw_end(j);
    }
    jw_end(j);
}

/* A folder of one of the systems, the sandbox's prefix or name, an ending. */
static void file(struct json_writer *j, const char *key, const char *folder, struct name stem,
                 const char *ending) {
    BUF_CLEANUP struct buf path = {0};
    buf_name(&path, (struct name){folder});
    buf_name(&path, stem);
    buf_name(&path, (struct name){ending});
    if (key)
        jw_key_name(j, (struct name){key});
    jw_inert(j, &path);
}

static void one_unit(struct name unit, bool start, void *context) {
    (void)start;
    file(context, NULL, "linux/systemd/", unit, "");
}

/* The others are started by these. */
static void one_started(struct name unit, bool start, void *context) {
    if (start)
        jw_name(context, unit);
}

/* There is a veth pair only for destinations that are not HTTP. */
static void veth(struct json_writer *j, const struct plan *plan) {
    if (plan->spec->network.cidrs.n == 0)
        return;
    jw_key(j, "veth");
    jw_object(j);
    jw_key(j, "host");
    jw_name(j, plan->veth_host);
    jw_key(j, "agent");
    jw_name(j, plan->veth_agent);
    jw_end(j);
}

static void state(struct json_writer *j, struct path state, struct path run) {
    jw_key(j, "state");
    jw_path(j, state);
    jw_key(j, "run");
    jw_path(j, run);
}

static void linux_files(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "linux");
    jw_object(j);
    state(j, plan->state, plan->run);
    jw_key(j, "secrets");
    jw_path(j, plan->secrets);
    jw_key(j, "table");
    jw_name(j, plan->table);
    veth(j, plan);
    file(j, "sysusers", "linux/sysusers.d/", plan->prefix, ".conf");
    file(j, "tmpfiles", "linux/tmpfiles.d/", plan->prefix, ".conf");
    file(j, "journald", "linux/journald/", plan->prefix, ".conf");
    jw_key(j, "units");
    jw_array(j);
    linux_units(plan, one_unit, j);
    jw_end(j);
    jw_key(j, "start");
    jw_array(j);
    linux_units(plan, one_started, j);
    jw_end(j);
    file(j, "nft", "linux/nftables/", plan->prefix, ".nft");
    file(j, "sudoers", "linux/sudoers.d/", plan->prefix, "");
    jw_key(j, "sessionProperties");
    jw_string(j, "linux/systemd/session.properties");
    jw_key(j, "sessionEnvironment");
    jw_string(j, "linux/systemd/session.env");
    jw_end(j);
}

static void darwin_files(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "darwin");
    jw_object(j);
    state(j, plan->darwin_state, plan->darwin_run);
    file(j, "secrets", DARWIN_FOLDER, plan->name, "/secrets");
    file(j, "anchor", "com.apple/000.agent-sandbox.", plan->name, "");
    /* In the order in which they start: the secrets come before the proxy that reads them. */
    jw_key(j, "plists");
    jw_array(j);
    file(j, NULL, "darwin/launchd/org.agent-sandbox.", plan->name, ".pf.plist");
    if (has_launchd_secrets(plan))
        file(j, NULL, "darwin/launchd/org.agent-sandbox.", plan->name, ".secrets.plist");
    file(j, NULL, "darwin/launchd/org.agent-sandbox.", plan->name, ".egress.plist");
    jw_end(j);
    file(j, "pf", "darwin/pf/", plan->prefix, ".conf");
    file(j, "seatbelt", "darwin/seatbelt/", plan->prefix, ".sb");
    file(j, "sudoers", "darwin/sudoers.d/", plan->prefix, "");
    jw_key(j, "brewfile");
    jw_string(j, "darwin/Brewfile");
    jw_end(j);
}

static void public_keys(struct json_writer *j, const struct public_key *v, size_t n) {
    jw_key(j, "keys");
    jw_array(j);
    for (size_t i = 0; i < n; i++)
        type_public_key.write(j, &v[i]);
    jw_end(j);
}

/* What host/ssh_agent.py starts for a session, and host/narrower.py compares. */
static void ssh(struct json_writer *j, const struct ssh *ssh) {
    if (ssh->keys.n == 0)
        return;
    jw_key(j, "ssh");
    jw_object(j);
    jw_key(j, "hosts");
    jw_array(j);
    for (size_t i = 0; i < ssh->hosts.n; i++) {
        jw_object(j);
        jw_key(j, "host");
        jw_name(j, ssh->hosts.v[i].host.name);
        jw_key(j, "port");
        jw_uint(j, (uint64_t)ssh->hosts.v[i].port);
        public_keys(j, ssh->hosts.v[i].keys.v, ssh->hosts.v[i].keys.n);
        jw_end(j);
    }
    jw_end(j);
    public_keys(j, ssh->keys.v, ssh->keys.n);
    jw_key(j, "signCommits");
    jw_bool(j, ssh->sign_commits);
    jw_end(j);
}

/* For host/grants.py: who may grant, what at most, and who is told. Where hosts or methods are not
 * there, any may be. */
static void grants(struct json_writer *j, const struct spec *spec) {
    const struct grants *grants = &spec->grants;
    if (!spec_grants(spec))
        return;
    jw_key(j, "grants");
    jw_object(j);
    jw_key(j, "by");
    texts(j, grants->by.v, grants->by.n);
    if (grants->most.hosts.v) {
        jw_key(j, "hosts");
        jw_array(j);
        for (size_t i = 0; i < grants->most.hosts.n; i++)
            type_host_pattern.write(j, &grants->most.hosts.v[i]);
        jw_end(j);
    }
    if (grants->most.methods.v) {
        jw_key(j, "methods");
        names(j, grants->most.methods.v, grants->most.methods.n);
    }
    jw_key(j, "seconds");
    jw_uint(j, (uint64_t)(grants->most.seconds ? grants->most.seconds : DEFAULT_GRANT_SECONDS));
    jw_key(j, "asks");
    jw_bool(j, spec->network.ask);
    if (grants->on_ask.s) {
        jw_key(j, "onAsk");
        jw_path(j, grants->on_ask);
    }
    jw_key(j, "notify");
    jw_bool(j, grants->notify);
    jw_end(j);
}

/* The spec's own tests that probes can ask the running proxy: what is let through would have been
 * done. */
static void refused(struct json_writer *j, const struct spec *spec) {
    bool any = false;
    for (size_t i = 0; i < spec->tests.n; i++) {
        const struct policy_test *test = &spec->tests.v[i];
        if (test->expect != EXPECT_DENY)
            continue;
        if (!any) {
            jw_key(j, "mustRefuse");
            jw_array(j);
        }
        any = true;
        jw_object(j);
        if (test->connect.s) {
            jw_key(j, "connect");
            jw_text(j, test->connect);
        } else {
            jw_key(j, "request");
            jw_text(j, test->request);
        }
        jw_end(j);
    }
    if (any)
        jw_end(j);
}

/* What host/terminal.py and host/notify.py obey. */
static void terminal(struct json_writer *j, const struct terminal *own) {
    if (own->clipboard == CLIPBOARD_NEVER && own->notify == NOTIFY_LOCAL)
        return;
    jw_key(j, "terminal");
    jw_object(j);
    jw_key(j, "clipboard");
    type_clipboard.write(j, &own->clipboard);
    jw_key(j, "notify");
    type_notify.write(j, &own->notify);
    jw_end(j);
}

void render_sandbox(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "format");
    jw_uint(&j, FORMAT);
    jw_key(&j, "name");
    jw_name(&j, plan->name);
    jw_key(&j, "prefix");
    jw_name(&j, plan->prefix);
    users(&j, plan);
    hosts(&j, spec);
    packages(&j, &spec->packages);
    environment(&j, plan);
    git(&j, &spec->git);
    dotfiles(&j, plan);
    workspaces(&j, spec);
    projects(&j, &spec->projects);
    network(&j, plan);
    relaxations(&j, spec);
    credentials(&j, plan);
    sandbox_logins(&j, plan->spec);
    ssh(&j, &spec->ssh);
    terminal(&j, &spec->terminal);
    grants(&j, spec);
    limits(&j, &spec->limits);
    refused(&j, spec);
    managed(&j, spec);
    if (plan->linux_family)
        linux_files(&j, plan);
    if (plan->darwin_family)
        darwin_files(&j, plan);
    jw_end(&j);
    jw_finish(&j);
}
