/* What each agent's managed settings hold of the spec, outside of the sandbox, and what they can't.
 */
#include "plan/managed.h"
#include "render/render_managed.h"
#include "render/render_readme.h"
#include "write/write_md.h"

bool managed_next_host(const struct plan *plan, size_t *i, struct host_pattern *host) {
    const struct network *network = &plan->spec->network;
    if (*i == network->rules.n)
        return false;
    *host = network->rules.v[(*i)++].host;
    while (*i < network->rules.n && readme_same_host(network->rules.v[*i].host, *host))
        (*i)++;
    return true;
}

static bool has_rules(const struct plan *plan) {
    return plan->spec->network.rules.n > 0;
}

static bool has_audit(const struct plan *plan) {
    return plan->spec->network.enforcement == ENFORCEMENT_AUDIT;
}

static bool has_expiry(const struct plan *plan) {
    for (size_t i = 0; i < plan->spec->network.rules.n; i++)
        if (plan->spec->network.rules.v[i].expires.year)
            return true;
    return false;
}

static bool has_credentials(const struct plan *plan) {
    return plan->spec->credentials.n > 0;
}

static bool has_sockets(const struct plan *plan) {
    for (size_t i = 0; i < plan->spec->relax.n; i++)
        if (plan->spec->relax.v[i].what == RELAX_UNIX_SOCKET)
            return true;
    return false;
}

static bool has_destinations(const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    return network->cidrs.n || network->local_ports.n || plan->spec->ssh.hosts.n;
}

static const struct row {
    struct markdown what;
    struct markdown held[MANAGED_COUNT];
    bool (*when)(const struct plan *plan); /* NULL: always */
} rows[] = {
    {{"which hosts commands reach"},
     {[MANAGED_CLAUDE_CODE] =
          {"those of the rules, by its sandbox (`strictAllowlist`: from 2.1.219 "
           "on; older ones ask a person)"},
      [MANAGED_CODEX] =
          {"those of the rules, by its sandbox's proxy, and only in a mode that gives "
           "them a network"},
      [MANAGED_COPILOT] = {"those of the rules, by its sandbox's proxy"},
      [MANAGED_GEMINI_CLI] = {"**none**: it has no list of hosts, so they get no network"}},
     NULL},
    {{"which hosts its own tools for web pages reach"},
     {[MANAGED_CLAUDE_CODE] = {"**not held**: for others a person is asked"},
      [MANAGED_CODEX] = {"**not held**: its provider's servers search and fetch"},
      [MANAGED_COPILOT] = {"those of the rules (`limitTo`)"},
      [MANAGED_GEMINI_CLI] = {"**not held**: a person is asked, each time"}},
     NULL},
    {{"methods, paths, queries, ports, schemes, denied paths, single repositories, ceilings, "
      "cooldowns, addresses"},
     {[MANAGED_CLAUDE_CODE] = {"**not held**: a host of the rules is reached whole"},
      [MANAGED_CODEX] = {"**not held**: a host of the rules is reached whole"},
      [MANAGED_COPILOT] = {"**not held**: a host of the rules is reached whole"},
      [MANAGED_GEMINI_CLI] = {"**not held**"}},
     has_rules},
    {{"the day on which a rule expires"},
     {[MANAGED_CLAUDE_CODE] = {"**not held**: until the next render"},
      [MANAGED_CODEX] = {"**not held**: until the next render"},
      [MANAGED_COPILOT] = {"**not held**: until the next render"},
      [MANAGED_GEMINI_CLI] = {"**not held**"}},
     has_expiry},
    {{"audit"},
     {[MANAGED_CLAUDE_CODE] = {"it knows none: other hosts are refused"},
      [MANAGED_CODEX] = {"it knows none: other hosts are refused"},
      [MANAGED_COPILOT] = {"it knows none: other hosts are refused"},
      [MANAGED_GEMINI_CLI] = {"it knows none"}},
     has_audit},
    {{"credentials"},
     {[MANAGED_CLAUDE_CODE] = {"**not held**: outside there is no placeholder, and its user's own "
                               "secrets are in reach"},
      [MANAGED_CODEX] = {"**not held**: as with every program outside"},
      [MANAGED_COPILOT] = {"**not held**: as with every program outside"},
      [MANAGED_GEMINI_CLI] = {"**not held**: as with every program outside"}},
     has_credentials},
    {{"ssh, other addresses, the host's own ports"},
     {[MANAGED_CLAUDE_CODE] = {"none"},
      [MANAGED_CODEX] = {"none"},
      [MANAGED_COPILOT] = {"none"},
      [MANAGED_GEMINI_CLI] = {"none"}},
     has_destinations},
    {{"unix sockets"},
     {[MANAGED_CLAUDE_CODE] = {"those of the relaxations, on macOS; on Linux none"},
      [MANAGED_CODEX] = {"those of the relaxations, through its proxy"},
      [MANAGED_COPILOT] = {"**not held**"},
      [MANAGED_GEMINI_CLI] = {"**not held**"}},
     has_sockets},
    {{"files"},
     {[MANAGED_CLAUDE_CODE] = {"its own sandbox's: commands write below the folder that it was "
                               "started in, and read what its user reads"},
      [MANAGED_CODEX] = {"its own sandbox's, as far as workspace-write goes"},
      [MANAGED_COPILOT] = {"its own sandbox's"},
      [MANAGED_GEMINI_CLI] = {"its own sandbox's, of single tools"}},
     NULL},
    {{"that nobody switches it off"},
     {[MANAGED_CLAUDE_CODE] = {"no bypass mode, no command without the sandbox but those that its "
                               "user lists (`excludedCommands`), for which a person is asked; it "
                               "ends where its sandbox cannot start"},
      [MANAGED_CODEX] = {"no danger-full-access; a person may let one command out"},
      [MANAGED_COPILOT] =
          {"no allow-all, no bypass; it runs nothing where its sandbox cannot start"},
      [MANAGED_GEMINI_CLI] = {"no YOLO mode, no \"always allow\"; **whoever sets "
                              "`GEMINI_CLI_SYSTEM_SETTINGS_PATH` has another file**"}},
     NULL},
};

static void place(const struct managed_file *file, const struct plan *plan, struct buf *out) {
    if (plan->linux_family)
        md_code(out, (struct text){file->linux_place});
    if (plan->linux_family && plan->darwin_family)
        buf_lit(out, ", ");
    if (plan->darwin_family)
        md_code(out, (struct text){file->darwin_place});
}

static void table(enum managed agent, const struct plan *plan, struct buf *out) {
    buf_lit(out, "\n| ");
    md_code_name(out, managed_files[agent].agent);
    buf_lit(out, " | ");
    place(&managed_files[agent], plan, out);
    buf_lit(out, " |\n| --- | --- |\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].when && !rows[i].when(plan))
            continue;
        buf_lit(out, "| ");
        md_own(out, rows[i].what);
        buf_lit(out, " | ");
        md_own(out, rows[i].held[agent]);
        buf_lit(out, " |\n");
    }
}

void readme_managed(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->managed.n == 0)
        return;
    buf_lit(out, "## Outside of the sandbox\n\n"
                 "`apply` puts what these agents read as their administrator's settings, so that "
                 "they are held to the same hosts where somebody starts them outside. That is less "
                 "than the sandbox: it is these programs that keep it, for nobody but themselves.");
    if (plan->linux_family)
        buf_lit(out, " On Linux a session does not see these files.");
    if (plan->darwin_family)
        buf_lit(out, " On macOS a session reads them, too.");
    buf_lit(out, "\n");
    for (size_t i = 0; i < spec->managed.n; i++)
        table(spec->managed.v[i], plan, out);
    buf_lit(out, "\n");
}
