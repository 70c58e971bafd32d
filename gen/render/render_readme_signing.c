#include "render/render_readme.h"
#include "write/write_md.h"

static const struct markdown changes[] = {
    [SIGNED_ANY] = {"anything"},
    [SIGNED_WIDENING] = {"more than the agent may do so far, or who may sign"},
    [SIGNED_CREDENTIAL] = {"a new or wider credential, or who may sign"},
    [SIGNED_RELAXATION] = {"a relaxed guarantee, or who may sign"},
};

static void people(const struct signing *signing, struct buf *out) {
    for (size_t i = 0; i < signing->allowed.n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code_name(out, signing->allowed.v[i].name);
    }
}

static void table(const struct signing *signing, struct buf *out) {
    buf_lit(out, "\n| What a generation changes | People who must have signed or approved it | Of "
                 "these |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < signing->require.n; i++) {
        const struct signing_need *need = &signing->require.v[i];
        buf_lit(out, "| ");
        md_own(out, changes[need->change]);
        buf_lit(out, " | ");
        buf_uint(out, (uint64_t)need->signatures);
        buf_lit(out, " | ");
        if (need->of.n)
            readme_code_names(out, need->of.v, need->of.n);
        else
            buf_lit(out, "any");
        buf_lit(out, " |\n");
    }
}

void readme_signing(const struct plan *plan, struct buf *out) {
    const struct signing *signing = &plan->spec->signing;
    if (signing->allowed.n == 0)
        return;
    buf_lit(out, "## Signatures\n\nOnce this is applied, `apply` takes only what one of these "
                 "people has signed, unless root's own list says otherwise: ");
    people(signing, out);
    buf_lit(out, ".");
    if (signing->require.n)
        buf_lit(out, " And by what the next generation changes (`agent-sandbox approve` adds a "
                     "signature):\n");
    else
        buf_lit(out, "\n");
    if (signing->require.n)
        table(signing, out);
    buf_lit(out, "\n");
}
