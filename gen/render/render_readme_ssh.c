#include "render/render_readme.h"
#include "spec/public_key.h"
#include "write/write_md.h"

static void keys(const struct public_key *v, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        buf_lit(out, "`");
        buf_key_fingerprint(out, v[i]);
        buf_lit(out, "`");
    }
}

void readme_ssh_summary(const struct plan *plan, struct buf *out) {
    const struct ssh *ssh = &plan->spec->ssh;
    for (size_t i = 0; i < ssh->hosts.n; i++) {
        if (i == 0)
            buf_lit(out, "- log in by ssh to ");
        else
            buf_lit(out, ", ");
        md_code_host(out, ssh->hosts.v[i].host);
        if (i + 1 == ssh->hosts.n)
            buf_lit(out, ", as whoever started the session, with a key that it does not hold\n");
    }
    if (ssh->sign_commits)
        buf_lit(out, "- **sign commits and tags as whoever started the session**\n");
}

void readme_ssh(const struct plan *plan, struct buf *out) {
    const struct ssh *ssh = &plan->spec->ssh;
    if (ssh->keys.n == 0)
        return;
    buf_lit(out, "## Ssh\n\nA session on Linux sees of its operator's ssh-agent only these keys: ");
    keys(ssh->keys.v, ssh->keys.n, out);
    buf_lit(out, ". They sign ");
    if (ssh->hosts.n)
        buf_lit(out, "a login at a host of the table, when that has proved itself with its key");
    if (ssh->hosts.n && ssh->sign_commits)
        buf_lit(out, "; and ");
    if (ssh->sign_commits)
        buf_lit(out, "**whatever the agent calls a commit, a tag or a push of git's**");
    buf_lit(out, "; nothing else. `agent-sandbox logs` has each.\n\n");
    if (ssh->hosts.n == 0)
        return;
    buf_lit(out, "There a session can do all that the key can: which repositories it opens is its "
                 "server's to say. No rule looks into it, so what it opens is all of the host at "
                 "that port.\n\n| Host | Port | Its own keys |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < ssh->hosts.n; i++) {
        const struct ssh_server *server = &ssh->hosts.v[i];
        buf_lit(out, "| ");
        md_code_host(out, server->host);
        buf_lit(out, " | ");
        buf_uint(out, (uint64_t)server->port);
        buf_lit(out, " | ");
        keys(server->keys.v, server->keys.n, out);
        buf_lit(out, " |\n");
    }
    buf_lit(out, "\n");
}
