/* Accounts that the agent is logged in to. */
#include "render/render_readme.h"
#include "spec/types.h"
#include "write/write_md.h"

void readme_logins_summary(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec->logins.n)
        return;
    buf_lit(out, "- be logged in at, without ever holding a token:");
    for (size_t i = 0; i < spec->logins.n; i++) {
        if (i)
            buf_lit(out, ",");
        buf_lit(out, " ");
        md_code_name(out, spec->logins.v[i].name);
    }
    buf_lit(out, "\n");
}

static void endpoints(const struct login *login, struct buf *out) {
    for (size_t i = 0; i < login->token.n; i++) {
        BUF_CLEANUP struct buf url = {0};
        https_url_words(&url, &login->token.v[i].url);
        if (i)
            buf_lit(out, ", ");
        md_code(out, (struct text){url.data});
    }
}

static void one(const struct login *login, struct text placeholder, struct buf *out) {
    buf_lit(out, "| ");
    md_code_name(out, login->name);
    buf_lit(out, " | ");
    endpoints(login, out);
    buf_lit(out, " | ");
    for (size_t i = 0; i < login->hosts.n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code_host(out, login->hosts.v[i]);
    }
    for (size_t i = 0; i < login->paths.n; i++) {
        if (i)
            buf_lit(out, ", ");
        else
            buf_lit(out, ", on ");
        md_code(out, login->paths.v[i]);
    }
    buf_lit(out, " | ");
    readme_inject(&login->inject, out);
    if (login->mcp.port)
        buf_lit(out, ", into every request");
    buf_lit(out, " | ");
    md_code(out, placeholder);
    buf_lit(out, " |\n");
}

void readme_logins(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec->logins.n)
        return;
    buf_lit(out,
            "## Logins\n\n"
            "What these token endpoints give out, the proxy keeps: encrypted on its disk, in "
            "memory that is locked. The agent gets placeholders of the same shape (of a JWT it "
            "sees the claims: who it is, which plan), which are good for nothing elsewhere. In a "
            "request to the hosts that follow, the proxy puts the access token in their place, "
            "and gets a new one before it ends. Whoever logs in inside decides whose account it "
            "is.\n\n"
            "| Name | Tokens from | Hosts | Injected as | The agent's tokens hold |\n"
            "| --- | --- | --- | --- | --- |\n");
    struct arena *arena = arena_new();
    for (size_t i = 0; i < spec->logins.n; i++)
        one(&spec->logins.v[i], plan_login_placeholder(arena, spec, &spec->logins.v[i]), out);
    arena_free(arena);
    buf_lit(out, "\n");
}
