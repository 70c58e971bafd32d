#include "plan/gaps.h"
#include "render/render_readme.h"
#include "write/write_md.h"

static void projects(const struct projects *projects, struct buf *out) {
    if (!projects->roots.n)
        return;
    buf_lit(out, "## Projects\n\nOn Linux a session that an operator begins in a folder below ");
    for (size_t i = 0; i < projects->roots.n; i++) {
        if (i)
            buf_lit(out, " or ");
        md_code(out, projects->roots.v[i]);
    }
    buf_lit(out, " sees that project alone, which must be his own: the nearest folder with a "
                 "`.git`, else the one directly below. ");
    if (projects->home == PROJECT_HOME_SHARED)
        buf_lit(out, "**All of them share the agent's home**, and with it what the agent keeps "
                     "there of each.");
    else
        buf_lit(out, "Each has a home of the agent's own, with its caches.");
    if (projects->worktrees)
        buf_lit(out, " In a linked worktree the agent may also write to the repository that it is "
                     "of, where that lies below one of these, too.");
    buf_lit(out, " What lies there is the agent's word: look before you run any of it.\n\n");
}

void readme_workspaces(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    projects(&spec->projects, out);
    if (spec->workspaces.n == 0)
        return;
    buf_lit(out, "## Workspaces\n\n"
                 "Folders that the agent and the operators share. What lies there is the agent's "
                 "word: look before you run any of it.\n\n"
                 "| Folder on Linux | Folder on macOS | Access |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < spec->workspaces.n; i++) {
        const struct workspace *w = &spec->workspaces.v[i];
        buf_lit(out, "| ");
        md_code(out, w->path);
        buf_lit(out, " | ");
        md_code(out, w->darwin_path);
        if (w->access == ACCESS_READ_ONLY)
            buf_lit(out, " | read-only |\n");
        else
            buf_lit(out, " | read-write |\n");
    }
    buf_lit(out, "\n");
}

static void codes(const struct text *v, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code(out, v[i]);
    }
}

static void files_of(const struct files *files, const struct workspace *in, struct buf *out) {
    const struct {
        const struct text *v;
        size_t n;
        struct markdown what;
    } rows[] = {
        {files->hide.v, files->hide.n, {"| Hidden: no session sees what is in it"}},
        {files->protect.v, files->protect.n, {"| Protected: a session only reads it"}},
        {files->unprotect.v, files->unprotect.n, {"| **Opened: a session may write it**"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].n == 0)
            continue;
        md_own(out, rows[i].what);
        buf_lit(out, " | ");
        codes(rows[i].v, rows[i].n, out);
        buf_lit(out, " | ");
        if (in)
            md_code(out, in->path);
        else
            buf_lit(out, "all workspaces");
        buf_lit(out, " |\n");
    }
}

static bool names_any(const struct files *files) {
    return files->hide.n + files->protect.n + files->unprotect.n > 0;
}

void readme_files(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    bool any = names_any(&spec->files);
    for (size_t i = 0; i < spec->workspaces.n; i++)
        any = any || names_any(&spec->workspaces.v[i].files);
    if (!any)
        return;
    buf_lit(out, "## Hidden and protected files\n\n"
                 "By patterns as in a `.gitignore`, besides what is protected without being asked "
                 "(what begins with `!` in `host/obeyed.txt`).\n\n"
                 "| What | Patterns | Where |\n| --- | --- | --- |\n");
    files_of(&spec->files, NULL, out);
    for (size_t i = 0; i < spec->workspaces.n; i++)
        files_of(&spec->workspaces.v[i].files, &spec->workspaces.v[i], out);
    buf_lit(out, "\n");
}

static void relaxation(const struct relax *relax, struct buf *out) {
    switch (relax->what) {
#define ROW(id, word, may, meaning)                                                                \
    case RELAX_##id:                                                                               \
        buf_lit(out, "- `" word "`: " meaning "\n");                                               \
        break;
        RELAXATIONS(ROW)
#undef ROW
    case RELAX_UNIX_SOCKET:
        buf_lit(out, "- unix socket ");
        md_code_path(out, relax->socket);
        buf_lit(out, ": whatever listens there works for the agent, with its own rights\n");
        break;
    }
}

void readme_relaxations(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->relax.n == 0)
        return;
    buf_lit(out, "## Relaxations\n\n");
    for (size_t i = 0; i < spec->relax.n; i++)
        relaxation(&spec->relax.v[i], out);
    buf_lit(out, "\n");
}

void readme_environment(const struct plan *plan, struct buf *out) {
    if (plan->environment.n == 0)
        return;
    buf_lit(out, "## Environment\n\n"
                 "Beside the variables that lead to the proxy:\n\n"
                 "| Variable | Value |\n| --- | --- |\n");
    for (size_t i = 0; i < plan->environment.n; i++) {
        buf_lit(out, "| ");
        md_code_name(out, plan->environment.v[i].name);
        buf_lit(out, " | ");
        md_code(out, plan->environment.v[i].value);
        buf_lit(out, " |\n");
    }
    buf_lit(out, "\n");
}

void readme_dotfiles(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->dotfiles.n == 0)
        return;
    buf_lit(out, "## Dotfiles\n\nFrom the spec and its presets, below `home/`:\n\n");
    for (size_t i = 0; i < spec->dotfiles.n; i++) {
        buf_lit(out, "- file ");
        md_code_name(out, spec->dotfiles.v[i].path);
        if (spec->dotfiles.v[i].executable)
            buf_lit(out, ", **executable**");
        if (spec->dotfiles.v[i].once)
            buf_lit(out, ", below `home-once/`: laid where there is none, never over one");
        buf_lit(out, "\n");
    }
    buf_lit(out, "\n");
}

static void package_line(struct buf *out, struct markdown what, const struct name *names,
                         size_t n) {
    if (n == 0)
        return;
    md_own(out, what);
    readme_code_names(out, names, n);
    buf_lit(out, "\n");
}

void readme_packages(const struct plan *plan, struct buf *out) {
    const struct packages *p = &plan->spec->packages;
    if (p->nix.n + p->unfree.n + p->homebrew.formulae.n + p->homebrew.casks.n == 0)
        return;
    buf_lit(out, "## Packages\n\n");
    package_line(out, (struct markdown){"- of nixpkgs: "}, p->nix.v, p->nix.n);
    package_line(out, (struct markdown){"- unfree, allowed by name: "}, p->unfree.v, p->unfree.n);
    package_line(out, (struct markdown){"- Homebrew formulae: "}, p->homebrew.formulae.v,
                 p->homebrew.formulae.n);
    package_line(out, (struct markdown){"- Homebrew casks: "}, p->homebrew.casks.v,
                 p->homebrew.casks.n);
    buf_lit(out, "\nWith Nix the modules install them.\n");
    if (plan->darwin_family)
        buf_lit(out, "On a Mac without it, `brew bundle install --file=darwin/Brewfile` does.\n");
    if (plan->linux_family)
        buf_lit(out, "On Linux without it they come from the host: from its distribution, or from "
                     "elsewhere into `/usr/local/bin`.\n");
    buf_lit(out, "`status` shows what is missing.\n\n");
}

/* In the largest unit that divides it. */
static void in_units(struct buf *out, int64_t value, const int64_t *sizes,
                     const struct markdown *units, size_t n) {
    size_t i = 0;
    while (i + 1 < n && value % sizes[i] != 0)
        i++;
    buf_uint(out, (uint64_t)(value / sizes[i]));
    md_own(out, units[i]);
}

static void bytes(struct buf *out, int64_t value) {
    static const int64_t sizes[] = {1LL << 40, 1LL << 30, 1LL << 20, 1LL << 10, 1};
    static const struct markdown units[] = {{" TiB"}, {" GiB"}, {" MiB"}, {" KiB"}, {" bytes"}};
    in_units(out, value, sizes, units, 5);
}

static void seconds(struct buf *out, int64_t value) {
    static const int64_t sizes[] = {86400, 3600, 60, 1};
    static const struct markdown units[] = {{" days"}, {" hours"}, {" minutes"}, {" seconds"}};
    in_units(out, value, sizes, units, 4);
}

static void count(struct buf *out, int64_t value) {
    buf_uint(out, (uint64_t)value);
}

static void percent(struct buf *out, int64_t value) {
    buf_uint(out, (uint64_t)value);
    buf_lit(out, " % of the machine's");
}

static void limit(struct buf *out, struct markdown what, void (*print)(struct buf *, int64_t),
                  int64_t value) {
    if (value == 0)
        return;
    buf_lit(out, "- ");
    md_own(out, what);
    print(out, value);
    buf_lit(out, "\n");
}

void readme_limits(const struct plan *plan, struct buf *out) {
    const struct limits *l = &plan->spec->limits;
    if (!(l->memory || l->cpus || l->tasks || l->session || l->disk || plan->linux_family))
        return;
    buf_lit(out, "## Limits\n\n");
    limit(out, (struct markdown){"memory: "}, bytes, l->memory);
    if (!l->memory && plan->linux_family)
        limit(out, (struct markdown){"memory, on Linux: "}, percent, DEFAULT_MEMORY_PERCENT);
    limit(out, (struct markdown){"processors: "}, count, l->cpus);
    limit(out, (struct markdown){"processes and threads: "}, count, l->tasks);
    if (!l->tasks && plan->linux_family)
        limit(out, (struct markdown){"processes and threads, on Linux: "}, count, DEFAULT_TASKS);
    limit(out, (struct markdown){"length of a session: "}, seconds, l->session);
    limit(out, (struct markdown){"the home on disk: "}, bytes, l->disk);
    buf_lit(out, "\n");
}

static const struct markdown systems[] = {
    [SYSTEM_X86_64_LINUX] = {"x86_64-linux"},
    [SYSTEM_AARCH64_LINUX] = {"aarch64-linux"},
    [SYSTEM_X86_64_DARWIN] = {"x86_64-darwin"},
    [SYSTEM_AARCH64_DARWIN] = {"aarch64-darwin"},
};
static const struct markdown kinds[] = {
    [HOST_PLAIN] = {"plain"},
    [HOST_NIXOS] = {"NixOS"},
    [HOST_DARWIN] = {"nix-darwin"},
    [HOST_HOME_MANAGER] = {"home-manager alone"},
    [HOST_SYSTEM_MANAGER] = {"system-manager"},
    [HOST_WSL] = {"WSL"},
};

void readme_hosts(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->hosts.n == 0)
        return;
    buf_lit(out, "## Hosts\n\n| Host | System | Kind |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < spec->hosts.n; i++) {
        buf_lit(out, "| ");
        md_code_name(out, spec->hosts.v[i].name);
        buf_lit(out, " | ");
        md_own(out, systems[spec->hosts.v[i].system]);
        buf_lit(out, " | ");
        md_own(out, kinds[spec->hosts.v[i].kind]);
        buf_lit(out, " |\n");
    }
    buf_lit(out, "\n");
}

static void switch_command(const struct plan *plan, const struct host *host, struct buf *out) {
    switch (host->kind) {
    case HOST_NIXOS:
        buf_lit(out, "sudo nixos-rebuild switch --flake .#");
        break;
    case HOST_DARWIN:
        buf_lit(out, "sudo darwin-rebuild switch --flake .#");
        break;
    case HOST_SYSTEM_MANAGER:
        buf_lit(out, "sudo system-manager switch --flake .#");
        break;
    case HOST_HOME_MANAGER:
        buf_lit(out, "home-manager switch --flake .#");
        buf_name(out, plan->agent);
        buf_lit(out, "@");
        break;
    case HOST_PLAIN:
    case HOST_WSL:
        return;
    }
    buf_name(out, host->name);
    buf_lit(out, "\n");
}

void readme_nix(const struct plan *plan, struct buf *out) {
    struct buf commands BUF_CLEANUP = {0};
    for (size_t i = 0; i < plan->spec->hosts.n; i++)
        switch_command(plan, &plan->spec->hosts.v[i], &commands);
    buf_lit(out, "With Nix the script is also `nix run .#agent-sandbox --`.");
    if (commands.len == 0) {
        buf_lit(out, "\n\n");
        return;
    }
    buf_lit(out, " The hosts that Nix manages take the same from the flake, instead of `apply`:\n\n"
                 "```sh\n");
    for (size_t i = 0; i < plan->spec->hosts.n; i++)
        switch_command(plan, &plan->spec->hosts.v[i], out);
    buf_lit(out, "```\n\n");
}
