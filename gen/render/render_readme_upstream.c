/* What the README says of the proxy that what leaves goes through. */
#include "render/render_readme.h"
#include "write/write_md.h"

static void where(const struct upstream *upstream, struct buf *out) {
    md_code_name(out, upstream->proxy.host);
    buf_lit(out, ", port ");
    buf_uint(out, (uint64_t)upstream->proxy.port);
    if (upstream->proxy.tls)
        buf_lit(out, ", in TLS with a certificate of that name");
    for (size_t i = 0; i < upstream->addresses.n; i++) {
        if (i)
            buf_lit(out, ", ");
        else
            buf_lit(out, ", which may have public addresses and ");
        md_code_cidr(out, upstream->addresses.v[i]);
    }
    if (!upstream->user.s)
        return;
    buf_lit(out, ", as the user ");
    md_code_name(out, upstream->user);
    buf_lit(out, " with the password of ");
    readme_source(&upstream->password, out);
}

void readme_upstream(const struct plan *plan, struct buf *out) {
    const struct upstream *upstream = &plan->spec->network.upstream;
    if (!upstream->proxy.port)
        return;
    buf_lit(out, "## The company's proxy\n\nWhat rules let through goes to ");
    where(upstream, out);
    buf_lit(out, ". It is asked by CONNECT and the host's name, of http in the clear with each "
                 "request, in its absolute form; TLS is spoken through it with the server itself, "
                 "whose certificate is verified as ever. "
                 "A name that has closed addresses alone here is refused before that; one that "
                 "nobody here knows is left to that proxy, whose word for where it leads has to be "
                 "taken.\n\n");
    for (size_t i = 0; i < upstream->except.n; i++) {
        if (i)
            buf_lit(out, ", ");
        else
            buf_lit(out, "Without it are connected to: ");
        md_code_host(out, upstream->except.v[i]);
    }
    if (upstream->except.n)
        buf_lit(out, ".\n\n");
}
