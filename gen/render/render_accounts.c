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

const struct hole tmpfiles_holes[] = {{"workspaces", fill_workspaces}, {NULL, NULL}};

#define SUBCOMMAND(out, plan, name)                                                                \
    (buf_lit((out), " \\\n    "), buf_path((out), (plan)->current),                                \
     buf_lit((out), "/bin/agent-sandbox " name ","), buf_lit((out), " \\\n    "),                  \
     buf_path((out), (plan)->current), buf_lit((out), "/bin/agent-sandbox " name " *"))

/* The command with and without arguments: a pattern of sudoers(5) needs both. */
static void fill_operators(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec->operators.n)
        return;
    for (size_t i = 0; i < spec->operators.n; i++) {
        if (i)
            buf_lit(out, ", ");
        sudoers_user(out, spec->operators.v[i]);
    }
    buf_lit(out, " ALL = (root) NOPASSWD: NOSETENV:");
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
    buf_lit(out, "\n");
}

const struct hole sudoers_holes[] = {{"operators", fill_operators}, {NULL, NULL}};
