#include "render/render_accounts.h"
#include "write/write_sudoers.h"
#include "write/write_unit.h"

/* Owner and mode are given to new folders only (the colons): one that is there is its owner's.
 * The ACL is for all: default entries hold whatever the umask. */
static void writable(const struct plan *plan, struct text path, struct buf *out) {
    buf_lit(out, "d ");
    unit_folder(out, path);
    buf_lit(out, " :0770 :root :");
    buf_name(out, plan->share);
    buf_lit(out, "\na+ ");
    unit_folder(out, path);
    buf_lit(out, " - - - - group:");
    buf_name(out, plan->share);
    buf_lit(out, ":rwx,default:group:");
    buf_name(out, plan->share);
    buf_lit(out, ":rwx\n");
}

static void readable(const struct plan *plan, struct text path, struct buf *out) {
    buf_lit(out, "d ");
    unit_folder(out, path);
    buf_lit(out, " :0750 :root :root\na+ ");
    unit_folder(out, path);
    buf_lit(out, " - - - - user:");
    buf_name(out, plan->agent);
    buf_lit(out, ":r-x,default:user:");
    buf_name(out, plan->agent);
    buf_lit(out, ":r-x\n");
}

static void fill_workspaces(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *workspace = &plan->spec->workspaces.v[i];
        if (workspace->access == ACCESS_READ_ONLY)
            readable(plan, workspace->path, out);
        else
            writable(plan, workspace->path, out);
    }
}

/* What is granted until the machine is started anew. */
static void fill_grants(const struct plan *plan, struct buf *out) {
    if (!spec_grants(plan->spec))
        return;
    buf_lit(out, "d /run/");
    buf_name(out, plan->prefix);
    buf_lit(out, " 0750 root ");
    buf_name(out, plan->proxy);
    buf_lit(out, "\n");
}

const struct hole tmpfiles_holes[] = {
    {"workspaces", fill_workspaces}, {"grants", fill_grants}, {NULL, NULL}};

#define SUBCOMMAND(out, plan, name)                                                                \
    (buf_lit((out), " \\\n    "), buf_path((out), (plan)->current),                                \
     buf_lit((out), "/bin/agent-sandbox " name ","), buf_lit((out), " \\\n    "),                  \
     buf_path((out), (plan)->current), buf_lit((out), "/bin/agent-sandbox " name " *"))

void sudoers_people(struct buf *out, const struct text *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        sudoers_user(out, names[i]);
    }
    buf_lit(out, " ALL = (root) NOPASSWD: NOSETENV:");
}

/* Who may let things through; the program looks again, and at what. */
static void fill_granting(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec_grants(spec))
        return;
    sudoers_people(out, spec->grants.by.v, spec->grants.by.n);
    SUBCOMMAND(out, plan, "ask");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "grant");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "grants");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "revoke");
    buf_lit(out, "\n");
}

/* The command with and without arguments: a pattern of sudoers(5) needs both. */
static void fill_operators(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec->operators.n)
        return;
    sudoers_people(out, spec->operators.v, spec->operators.n);
    SUBCOMMAND(out, plan, "run");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "shell");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "status");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "drift");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "logs");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "learn");
    buf_lit(out, ",");
    SUBCOMMAND(out, plan, "verify");
    if (spec->projects.roots.n) {
        buf_lit(out, ",");
        SUBCOMMAND(out, plan, "projects");
    }
    if (spec->logins.n) {
        buf_lit(out, ",");
        SUBCOMMAND(out, plan, "login");
        buf_lit(out, ",");
        SUBCOMMAND(out, plan, "logout");
    }
    buf_lit(out, "\n");
    fill_granting(plan, out);
}

const struct hole sudoers_holes[] = {{"operators", fill_operators}, {NULL, NULL}};
