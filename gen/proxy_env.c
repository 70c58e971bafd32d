#include "proxy_env.h"

static void port(const struct plan *plan, bool darwin, struct buf *out) {
    buf_uint(out, darwin ? plan->proxy_port : plan->door_port);
}

static void address(const struct plan *plan, bool darwin, struct buf *out) {
    buf_lit(out, "http://127.0.0.1:");
    port(plan, darwin, out);
}

/* Never a host that a rule allows: it would be dialled directly, and refused by the firewall. */
static void loopback(const struct plan *plan, bool darwin, struct buf *out) {
    (void)plan, (void)darwin;
    buf_lit(out, "localhost,127.0.0.1,::1");
}

static void run_folder(const struct plan *plan, bool darwin, struct buf *out) {
    buf_path(out, darwin ? plan->darwin_run : plan->run);
}

/* The system's CAs and the proxy's; bin/publish-ca writes this file and the next. */
static void ca_bundle(const struct plan *plan, bool darwin, struct buf *out) {
    run_folder(plan, darwin, out);
    buf_lit(out, "/ca-bundle.pem");
}

/* wget with GnuTLS has no variable for its CAs, only this file. */
static void wgetrc(const struct plan *plan, bool darwin, struct buf *out) {
    run_folder(plan, darwin, out);
    buf_lit(out, "/wgetrc");
}

static void yes(const struct plan *plan, bool darwin, struct buf *out) {
    (void)plan, (void)darwin;
    buf_lit(out, "1");
}

/* The JVM reads none of the variables above, but these options in whatever starts it. */
static void java(const struct plan *plan, bool darwin, struct buf *out) {
    buf_lit(out, "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=");
    port(plan, darwin, out);
    buf_lit(out, " -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=");
    port(plan, darwin, out);
    buf_lit(out, " -Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1]");
}

const struct proxy_variable proxy_variables[] = {
    {"ALL_PROXY", address},
    {"CARGO_HTTP_CAINFO", ca_bundle},
    {"CURL_CA_BUNDLE", ca_bundle},
    {"GIT_SSL_CAINFO", ca_bundle},
    {"HTTPS_PROXY", address},
    {"HTTP_PROXY", address},
    {"JAVA_TOOL_OPTIONS", java},
    {"NIX_SSL_CERT_FILE", ca_bundle}, /* what nixpkgs' programs read first */
    {"NODE_EXTRA_CA_CERTS", ca_bundle},
    {"NODE_USE_ENV_PROXY", yes},
    {"NO_PROXY", loopback},
    {"REQUESTS_CA_BUNDLE", ca_bundle},
    {"SSL_CERT_FILE", ca_bundle},
    {"WGETRC", wgetrc},
    {"all_proxy", address},
    {"http_proxy", address}, /* curl reads this one in lower case only */
    {"https_proxy", address},
    {"no_proxy", loopback},
};
const size_t proxy_variables_count = sizeof proxy_variables / sizeof proxy_variables[0];
