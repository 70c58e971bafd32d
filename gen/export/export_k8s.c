/* Objects of Kubernetes: a NetworkPolicy (networking.k8s.io/v1), where hosts are named a
 * CiliumNetworkPolicy (cilium.io/v2), which alone knows names, and a Sandbox of
 * kubernetes-sigs/agent-sandbox (agents.x-k8s.io/v1beta1). */
#include "export/export_private.h"
#include "export/places.h"

#include <string.h>

static void write_head(struct yaml_writer *y, const struct plan *plan) {
    yw_key(y, "metadata");
    yw_map(y);
    yw_key(y, "name");
    yw_name(y, plan->prefix);
    yw_end(y);
}

/* The pod of the Sandbox below, which both policies are about. */
static void write_labels(struct yaml_writer *y, const struct plan *plan) {
    yw_map(y);
    yw_key(y, "agent-sandbox");
    yw_name(y, plan->name);
    yw_end(y);
}

static void write_port(struct yaml_writer *y, int64_t port, enum protocol protocol) {
    yw_map(y);
    yw_key(y, "protocol");
    if (protocol == PROTOCOL_UDP)
        yw_string(y, "UDP");
    else
        yw_string(y, "TCP");
    yw_key(y, "port");
    yw_uint(y, (uint64_t)port);
    yw_end(y);
}

/* -- addresses -- */

static void write_cidr(struct yaml_writer *y, const struct cidr_rule *rule) {
    BUF_CLEANUP struct buf cidr = {0};
    buf_cidr(&cidr, rule->cidr);
    yw_map(y);
    yw_key(y, "to");
    yw_list(y);
    yw_map(y);
    yw_key(y, "ipBlock");
    yw_map(y);
    yw_key(y, "cidr");
    yw_inert(y, &cidr);
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_key(y, "ports");
    yw_list(y);
    for (size_t i = 0; i < rule->ports.n; i++)
        write_port(y, rule->ports.v[i], rule->protocol);
    yw_end(y);
    yw_end(y);
}

static void write_policy(struct yaml_writer *y, const struct plan *plan) {
    const struct network *network = &plan->spec->network;
    yw_map(y);
    yw_key(y, "apiVersion");
    yw_string(y, "networking.k8s.io/v1");
    yw_key(y, "kind");
    yw_string(y, "NetworkPolicy");
    write_head(y, plan);
    yw_key(y, "spec");
    yw_map(y);
    yw_key(y, "podSelector");
    yw_map(y);
    yw_key(y, "matchLabels");
    write_labels(y, plan);
    yw_end(y);
    yw_key(y, "policyTypes");
    yw_list(y);
    yw_string(y, "Ingress");
    yw_string(y, "Egress");
    yw_end(y);
    yw_key(y, "ingress");
    yw_list(y);
    yw_end(y);
    yw_key(y, "egress");
    yw_list(y);
    for (size_t i = 0; i < network->cidrs.n; i++)
        write_cidr(y, &network->cidrs.v[i]);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

/* -- names -- */

static void write_name(struct yaml_writer *y, struct host_pattern host) {
    BUF_CLEANUP struct buf name = {0};
    buf_host(&name, host);
    yw_map(y);
    if (host.suffix)
        yw_key(y, "matchPattern");
    else
        yw_key(y, "matchName");
    yw_inert(y, &name);
    yw_end(y);
}

static bool same_host(const struct place *a, const struct place *b) {
    return strcmp(a->host.name.s, b->host.name.s) == 0 && a->host.suffix == b->host.suffix;
}

/* Names are learnt from the answers that pass: so each is allowed to be asked for, and no other. */
static void write_resolver(struct yaml_writer *y, const struct places *places) {
    const struct place *last = NULL;
    yw_map(y);
    yw_key(y, "toEndpoints");
    yw_list(y);
    yw_map(y);
    yw_key(y, "matchLabels");
    yw_map(y);
    yw_key_name(y, (struct name){"k8s:io.kubernetes.pod.namespace"});
    yw_string(y, "kube-system");
    yw_key_name(y, (struct name){"k8s:k8s-app"});
    yw_string(y, "kube-dns");
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_key(y, "toPorts");
    yw_list(y);
    yw_map(y);
    yw_key(y, "ports");
    yw_list(y);
    yw_map(y);
    yw_key(y, "port");
    yw_string(y, "53");
    yw_key(y, "protocol");
    yw_string(y, "ANY");
    yw_end(y);
    yw_end(y);
    yw_key(y, "rules");
    yw_map(y);
    yw_key(y, "dns");
    yw_list(y);
    for (size_t i = 0, n; i < places->n; i += n) {
        n = places_alike(places, i);
        if (!places_allow(places, i, n) || (last && same_host(last, &places->v[i])))
            continue;
        last = &places->v[i];
        write_name(y, last->host);
    }
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

static void write_place(struct yaml_writer *y, const struct place *place) {
    BUF_CLEANUP struct buf port = {0};
    buf_uint(&port, (uint64_t)place->port);
    yw_map(y);
    yw_key(y, "toFQDNs");
    yw_list(y);
    write_name(y, place->host);
    yw_end(y);
    yw_key(y, "toPorts");
    yw_list(y);
    yw_map(y);
    yw_key(y, "ports");
    yw_list(y);
    yw_map(y);
    yw_key(y, "port");
    yw_inert(y, &port);
    yw_key(y, "protocol");
    yw_string(y, "TCP");
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

static void write_names(struct yaml_writer *y, const struct plan *plan,
                        const struct places *places) {
    yw_map(y);
    yw_key(y, "apiVersion");
    yw_string(y, "cilium.io/v2");
    yw_key(y, "kind");
    yw_string(y, "CiliumNetworkPolicy");
    write_head(y, plan);
    yw_key(y, "spec");
    yw_map(y);
    yw_key(y, "endpointSelector");
    yw_map(y);
    yw_key(y, "matchLabels");
    write_labels(y, plan);
    yw_end(y);
    yw_key(y, "egress");
    yw_list(y);
    write_resolver(y, places);
    for (size_t i = 0, n; i < places->n; i += n) {
        n = places_alike(places, i);
        if (places_allow(places, i, n))
            write_place(y, &places->v[i]);
    }
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

static void write(const struct export_target *target, const struct plan *plan, struct arena *arena,
                  struct buf *out) {
    struct yaml_writer y;
    struct places places = places_of(plan, arena);
    yw_start(&y, out);
    export_comments(target, plan, arena, &y);
    write_policy(&y, plan);
    if (places_allow(&places, 0, places.n)) {
        yw_next_document(&y);
        write_names(&y, plan, &places);
    }
    yw_next_document(&y);
    k8s_sandbox(&y, plan, arena);
    yw_finish(&y);
}

static const struct export_file files[] = {{"agent-sandbox.yaml", false, write}};

const struct export_target export_k8s = {
    "k8s",
    "Kubernetes: a NetworkPolicy, a CiliumNetworkPolicy for names, and a Sandbox of "
    "kubernetes-sigs/agent-sandbox (kubectl apply -f)",
    files,
    1,
    &matrix_k8s,
};
