/* What the README says of what operators may let through while the agent runs. */
#include "render/render_readme.h"
#include "spec/types.h"
#include "write/write_md.h"

static void hosts(const struct host_pattern *v, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code_host(out, v[i]);
    }
}

static void seconds(struct buf *out, int64_t n) {
    buf_uint(out, (uint64_t)(n % 3600 ? n % 60 ? n : n / 60 : n / 3600));
    if (n % 60)
        buf_lit(out, " seconds");
    else if (n % 3600)
        buf_lit(out, " minutes");
    else
        buf_lit(out, " hours");
}

static void people(const struct grants *grants, struct buf *out) {
    for (size_t i = 0; i < grants->by.n; i++) {
        if (i)
            buf_lit(out, ", ");
        md_code(out, grants->by.v[i]);
    }
}

static void most(const struct grants_most *most, struct buf *out) {
    if (most->methods.v) {
        buf_lit(out, " of ");
        readme_code_names(out, most->methods.v, most->methods.n);
    }
    buf_lit(out, " to ");
    if (most->hosts.v)
        hosts(most->hosts.v, most->hosts.n, out);
    else
        buf_lit(out, "**any public host**");
    buf_lit(out, ", each for at most ");
    seconds(out, most->seconds ? most->seconds : DEFAULT_GRANT_SECONDS);
}

static void asked(const struct spec *spec, struct buf *out) {
    const struct network *network = &spec->network;
    if (!network->ask)
        return;
    buf_lit(out, " A request that no rule allows");
    if (network->ask_hosts.n) {
        buf_lit(out, ", to ");
        hosts(network->ask_hosts.v, network->ask_hosts.n, out);
        buf_lit(out, ",");
    }
    buf_lit(out, " waits up to ");
    seconds(out, spec->grants.wait ? spec->grants.wait : DEFAULT_WAIT_SECONDS);
    buf_lit(out, " while one of them is asked, where one is there; else it is refused at once.");
    if (spec->grants.on_ask.s) {
        buf_lit(out, " Then ");
        md_code(out, (struct text){spec->grants.on_ask.s});
        buf_lit(out, " is started as the operator.");
    }
}

void readme_grants(const struct plan *plan, struct buf *out) {
    const struct spec *spec = plan->spec;
    if (!spec_grants(spec))
        return;
    buf_lit(out, "## What may be granted\n\nWhile the agent runs, ");
    people(&spec->grants, out);
    buf_lit(out, " may let single requests through that no rule allows:");
    buf_lit(out, " requests");
    most(&spec->grants.most, out);
    buf_lit(out, ". No secret goes into them, and `deny`, cooldowns and closed addresses hold as "
                 "ever.");
    asked(spec, out);
    buf_lit(out, "\n\n");
}
