#include "plan/gaps.h"
#include "render/matrix.h"
#include "render/render_readme.h"

static const struct markdown statuses[] = {
    [STATUS_HELD] = {"held"},
    [STATUS_PARTLY] = {"**partly**"},
    [STATUS_NOT] = {"**not enforced**"},
};

/* No test of ours runs on a Mac, so what is held there is what its documents say. */
static const struct markdown expected = {"expected"};

static void row(const struct matrix_row *r, enum target target, struct buf *out) {
    buf_lit(out, "| ");
    md_own(out, r->guarantee);
    buf_lit(out, " | ");
    md_own(out, r->mechanism);
    buf_lit(out, " | ");
    bool unseen = target == TARGET_DARWIN && r->status == STATUS_HELD;
    md_own(out, unseen ? expected : statuses[r->status]);
    buf_lit(out, " |\n");
}

static const struct section {
    enum target target;
    struct markdown heading;
} sections[] = {
    {TARGET_LINUX, {"\n### Linux\n\n"}},
    {TARGET_WSL, {"\n### WSL, beside what holds on every Linux\n\n"}},
    {TARGET_DARWIN,
     {"\n### macOS\n\nThese rows rest on the sources and manuals of macOS, and what would be held "
      "by them is *expected*: no test of agent-sandbox runs on a Mac. `verify` on the host says "
      "whether they hold there, and `verify --report` says it to others; what such reports have "
      "shown stands in agent-sandbox's own `tests/seen.md`.\n\n"}},
    {TARGET_HOME_MANAGER, {"\n### Hosts with home-manager alone\n\n"}},
};

void readme_matrix(const struct plan *plan, struct buf *out) {
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        enum target target = sections[s].target;
        if (!target_applies(target, plan))
            continue;
        md_own(out, sections[s].heading);
        buf_lit(out, "| Guarantee | By what | Status |\n| --- | --- | --- |\n");
        for (size_t i = 0; i < matrix_count; i++)
            if (matrix_applies(&matrix[i], target, plan))
                row(&matrix[i], target, out);
    }
}

/* What the spec asks for and a target cannot do: accepted, or meant for the other system. */
static void gap_lines(const struct gap *gap, const struct spec *spec, struct buf *out) {
    size_t n;
    const struct host *targets = gap_targets(spec, &n);
    for (size_t i = 0; i < n; i++) {
        if (!gap->asked(spec, &targets[i]))
            continue;
        buf_lit(out, "- spec key ");
        md_code(out, (struct text){gap->key});
        buf_lit(out, " on ");
        md_code_name(out, targets[i].name);
        buf_lit(out, ": ");
        md_text(out, (struct text){gap->why});
        buf_lit(out, "\n");
    }
}

void readme_gaps(const struct plan *plan, struct buf *out) {
    struct buf lines BUF_CLEANUP = {0};
    for (size_t i = 0; i < gaps_count; i++)
        gap_lines(&gaps[i], plan->spec, &lines);
    if (lines.len == 0)
        return;
    buf_lit(out, "\n### Asked for, and not enforced\n\n");
    for (size_t i = 0; i < gaps_count; i++)
        gap_lines(&gaps[i], plan->spec, out);
}
