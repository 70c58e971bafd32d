/* What lint would find and the spec says may stay. */
#include "render/render_readme.h"
#include "spec/schema.h"
#include "write/write_md.h"

void readme_accepted(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (spec->accept.n == 0)
        return;
    buf_lit(out, "## Accepted findings\n\n"
                 "What `agent-sandbox lint` says of this spec and the spec lets stand "
                 "(`accept`):\n\n"
                 "| Finding | Of | Why |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < spec->accept.n; i++) {
        const struct acceptance *one = &spec->accept.v[i];
        buf_lit(out, "| ");
        md_code_name(out, (struct name){finding_word(one->finding)});
        buf_lit(out, " | ");
        md_code(out, one->of);
        buf_lit(out, " | ");
        md_text(out, one->reason);
        buf_lit(out, " |\n");
    }
    buf_lit(out, "\n");
}
