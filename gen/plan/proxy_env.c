#include "plan/proxy_env.h"

#include <string.h>

static void port(const struct plan *plan, bool darwin, struct buf *out) {
    buf_uint(out, darwin ? plan->proxy_port : plan->relay_port);
}

static void address(const struct plan *plan, bool darwin, struct buf *out) {
    buf_lit(out, "http://127.0.0.1:");
    port(plan, darwin, out);
}

static bool is_first(const struct network *network, size_t at) {
    const struct cidr_rule *rule = &network->cidrs.v[at];
    for (size_t i = 0; i < at; i++)
        if (network->cidrs.v[i].protocol == rule->protocol &&
            memcmp(&network->cidrs.v[i].cidr, &rule->cidr, sizeof rule->cidr) == 0)
            return false;
    return true;
}

/* Never a host that a rule allows: it would be dialled directly, and refused by the firewall. What
 * the CIDRs open is reached past the proxy, which goes to no private address: by HTTP too, where
 * its address stands in the URL. curl from 7.86, Go and Python's requests read networks here. */
static void no_proxy(const struct plan *plan, bool darwin, struct buf *out) {
    (void)darwin;
    buf_lit(out, "localhost,127.0.0.1,::1");
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->cidrs.n; i++)
        if (network->cidrs.v[i].protocol == PROTOCOL_TCP && is_first(network, i)) {
            buf_lit(out, ",");
            /* Most clients that know no networks know an address. */
            buf_cidr_or_address(out, network->cidrs.v[i].cidr);
        }
}

static void run_folder(const struct plan *plan, bool darwin, struct buf *out) {
    buf_path(out, darwin ? plan->darwin_run : plan->run);
}

/* The system's CAs and the proxy's; bin/publish-ca writes this file and all others there. */
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

/* Nix before 2.21 sees a network without an address of its own, and asks no cache. */
static void nix(const struct plan *plan, bool darwin, struct buf *out) {
    (void)plan, (void)darwin;
    buf_lit(out, "substitute = true");
}

/* Go's verifier asks trustd on macOS; from 1.27 on SSL_CERT_FILE counts there, too, and this makes
 * it count for programs whose module names an older version. Who does not know the setting passes
 * over it (go.dev/doc/godebug). */
static void go(const struct plan *plan, bool darwin, struct buf *out) {
    (void)plan, (void)darwin;
    buf_lit(out, "x509sslcertoverrideplatform=1");
}

/* The JVM reads none of the variables above, but these options in whatever starts it. What a spec
 * wants to add goes into JDK_JAVA_OPTIONS. */
static void java(const struct plan *plan, bool darwin, struct buf *out) {
    buf_lit(out, "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=");
    port(plan, darwin, out);
    buf_lit(out, " -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=");
    port(plan, darwin, out);
    buf_lit(out, " -Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1]"
                 " -Djavax.net.ssl.trustStore=");
    run_folder(plan, darwin, out);
    buf_lit(out, "/cacerts.jks");
}

const struct proxy_variable proxy_variables[] = {
    {"ALL_PROXY", address, false},
    {"AWS_CA_BUNDLE", ca_bundle, false}, /* before what a profile says */
    {"CARGO_HTTP_CAINFO", ca_bundle, false},
    {"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", ca_bundle, false},
    {"CURL_CA_BUNDLE", ca_bundle, false},
    {"DENO_CERT", ca_bundle, false},
    {"GIT_SSL_CAINFO", ca_bundle, false},
    {"GODEBUG", go, true},
    {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", ca_bundle, false},
    {"GUILE_TLS_CERTIFICATE_DIRECTORY", run_folder, false}, /* every *.pem in it */
    {"HEX_CACERTS_PATH", ca_bundle, false},
    {"HTTPS_PROXY", address, false},
    {"HTTP_PROXY", address, false},
    {"JAVA_TOOL_OPTIONS", java, false},
    {"NIX_CONFIG", nix, false},
    {"NIX_SSL_CERT_FILE", ca_bundle, false}, /* what nixpkgs' programs read first */
    {"NODE_EXTRA_CA_CERTS", ca_bundle, false},
    {"NODE_USE_ENV_PROXY", yes,
     false}, /* Node 22.21, 24 and newer; no older one has such a switch */
    {"NO_PROXY", no_proxy, false},
    {"PERL_LWP_ENV_PROXY", yes, false},
    {"PERL_LWP_SSL_CA_FILE", ca_bundle, false},
    {"PIP_CERT", ca_bundle, false}, /* before what a pip.conf says */
    {"REQUESTS_CA_BUNDLE", ca_bundle, false},
    {"SSL_CERT_FILE", ca_bundle, false},
    {"WGETRC", wgetrc, false},
    {"YARN_HTTPS_PROXY", address, false}, /* Yarn 2 and newer read no other name */
    {"YARN_HTTP_PROXY", address, false},
    {"all_proxy", address, false},
    {"http_proxy", address, false}, /* curl reads this one in lower case only */
    {"https_proxy", address, false},
    {"no_proxy", no_proxy, false},
};
const size_t proxy_variables_count = sizeof proxy_variables / sizeof proxy_variables[0];

bool proxy_variable_yields(const struct proxy_variable *variable) {
    return variable->value != address && variable->value != no_proxy && variable->value != java;
}

bool proxy_variable_is_ours(const struct proxy_variable *variable, const struct plan *plan,
                            bool darwin) {
    if (variable->only_darwin && !darwin)
        return false;
    for (size_t i = 0; proxy_variable_yields(variable) && i < plan->environment.n; i++)
        if (strcmp(plan->environment.v[i].name.s, variable->name) == 0)
            return false;
    return true;
}
