#include "render/render_home.h"
#include "plan/home_reserved.h"
#include "plan/proxy_env.h"
#include "write/write_gitconfig.h"
#include "write/write_sh.h"
#include "write/write_verbatim.h"

#include <string.h>

/* Both lists are sorted: one merge. */
void home_paths(const struct plan *plan,
                void (*each)(const char *path, bool executable, void *context), void *context) {
    const struct spec *spec = plan->spec;
    const char *const *ours = home_reserved;
    for (size_t i = 0; i < spec->dotfiles.n; i++) {
        const struct dotfile *theirs = &spec->dotfiles.v[i];
        if (theirs->once)
            continue;
        while (*ours && strcmp(*ours, theirs->path.s) < 0)
            each(*ours++, false, context);
        each(theirs->path.s, theirs->executable, context);
    }
    while (*ours)
        each(*ours++, false, context);
}

static void fill_environment(const struct plan *plan, struct buf *out) {
    for (size_t i = 0; i < plan->environment.n; i++)
        sh_export(out, plan->environment.v[i].name, plan->environment.v[i].value);
}

/* On Linux the session brings these. */
static void fill_darwin_proxy(const struct plan *plan, struct buf *out) {
    if (!plan->darwin_family)
        return;
    buf_lit(out, "if [ \"$(uname -s)\" = Darwin ]; then\n");
    for (size_t i = 0; i < proxy_variables_count; i++) {
        if (!proxy_variable_is_ours(&proxy_variables[i], plan, true))
            continue;
        buf_lit(out, "    export ");
        sh_begin(out, (struct name){proxy_variables[i].name});
        proxy_variables[i].value(plan, true, out);
        sh_end(out);
    }
    buf_lit(out, "fi\n\n");
}

/* git wants a name and an address before it commits; .invalid is nobody's (RFC 2606). */
static void fill_git_name(const struct plan *plan, struct buf *out) {
    struct text name = plan->spec->git.name;
    gitconfig_value(out, name.s ? name : (struct text){plan->agent.s});
}

static void fill_git_email(const struct plan *plan, struct buf *out) {
    if (plan->spec->git.email.s) {
        gitconfig_value(out, plan->spec->git.email);
        return;
    }
    buf_name(out, plan->agent);
    buf_lit(out, "@agent-sandbox.invalid");
}

static bool has_ssh(const struct plan *plan, const char *host) {
    for (size_t i = 0; i < plan->spec->ssh.hosts.n; i++)
        if (strcmp(plan->spec->ssh.hosts.v[i].host.name.s, host) == 0)
            return true;
    return false;
}

/* Where a clone may name a host by ssh that is reached over https alone. */
static void fill_no_ssh(const struct plan *plan, struct buf *out) {
    static const struct name forges[] = {
        {"github.com"}, {"gitlab.com"}, {"bitbucket.org"}, {"codeberg.org"}};
    bool any = false;
    for (size_t i = 0; i < sizeof forges / sizeof *forges; i++) {
        if (has_ssh(plan, forges[i].s))
            continue;
        if (!any && plan->spec->ssh.hosts.n)
            buf_lit(out, "# No ssh to these: the same repositories over https.\n");
        else if (!any)
            buf_lit(out,
                    "# There is no ssh out of the sandbox: the same repositories over https.\n");
        any = true;
        buf_lit(out, "[url \"https://");
        buf_name(out, forges[i]);
        buf_lit(out, "/\"]\n\tinsteadOf = git@");
        buf_name(out, forges[i]);
        buf_lit(out, ":\n\tinsteadOf = ssh://git@");
        buf_name(out, forges[i]);
        buf_lit(out, "/\n");
    }
}

/* git leaves out a file that is not there, as on macOS. */
static void fill_signs(const struct plan *plan, struct buf *out) {
    if (!plan->spec->ssh.sign_commits || !plan->linux_family)
        return;
    buf_lit(out, "[include]\n\tpath = ");
    buf_path(out, plan->current);
    buf_lit(out, "/linux/ssh/gitconfig\n");
}

const struct hole home_holes[] = {
    {"darwin_proxy", fill_darwin_proxy},
    {"environment", fill_environment},
    {"git_name", fill_git_name},
    {"git_email", fill_git_email},
    {"no_ssh", fill_no_ssh},
    {"signs", fill_signs},
    {NULL, NULL},
};

void render_home(const struct plan *plan, struct tree *tree) {
    for (size_t i = 0; i < plan->spec->dotfiles.n; i++) {
        const struct dotfile *dotfile = &plan->spec->dotfiles.v[i];
        struct buf path BUF_CLEANUP = {0}, content = {0};
        if (dotfile->once)
            buf_lit(&path, "home-once/");
        else
            buf_lit(&path, "home/");
        buf_name(&path, dotfile->path);
        verbatim_file(&content, dotfile->text);
        tree_add(tree, path.data, dotfile->executable, &content);
    }
}
