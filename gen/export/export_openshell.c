/* A policy of NVIDIA's OpenShell: docs/reference/policy-schema.mdx there, and
 * crates/openshell-policy/src/lib.rs, which refuses what it does not know. */
#include "export/export_private.h"
#include "export/places.h"
#include "spec/schema.h"
#include "spec/types.h"

/* -- files and identity -- */

static void write_folders(struct yaml_writer *y, const struct spec *spec, enum access access) {
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (spec->workspaces.v[i].access == access)
            yw_text(y, spec->workspaces.v[i].path);
}

static void write_files(struct yaml_writer *y, const struct spec *spec) {
    yw_key(y, "filesystem_policy");
    yw_map(y);
    yw_key(y, "include_workdir");
    yw_bool(y, false);
    yw_key(y, "read_only");
    yw_list(y);
    yw_string(y, "/usr");
    yw_string(y, "/lib");
    yw_string(y, "/proc");
    yw_string(y, "/dev/urandom");
    yw_string(y, "/etc");
    write_folders(y, spec, ACCESS_READ_ONLY);
    yw_end(y);
    yw_key(y, "read_write");
    yw_list(y);
    yw_string(y, "/tmp");
    yw_string(y, "/dev/null");
    write_folders(y, spec, ACCESS_READ_WRITE);
    yw_end(y);
    yw_end(y);
    yw_key(y, "landlock");
    yw_map(y);
    yw_key(y, "compatibility");
    yw_string(y, "hard_requirement");
    yw_end(y);
}

static void write_identity(struct yaml_writer *y, const struct plan *plan) {
    BUF_CLEANUP struct buf id = {0};
    buf_uint(&id, plan->agent_uid);
    yw_key(y, "process");
    yw_map(y);
    yw_key(y, "run_as_user");
    yw_inert(y, &id);
    yw_key(y, "run_as_group");
    yw_inert(y, &id);
    yw_end(y);
}

/* -- endpoints -- */

/* A "*" of ours goes below any number of labels; there it is one, and "**" is any number. */
static void write_host(struct yaml_writer *y, struct host_pattern host) {
    BUF_CLEANUP struct buf name = {0};
    if (host.suffix)
        buf_lit(&name, "**.");
    buf_name(&name, host.name);
    yw_key(y, "host");
    yw_inert(y, &name);
}

static void write_request(struct yaml_writer *y, struct name method, struct text path) {
    yw_key(y, "method");
    yw_name(y, method);
    yw_key(y, "path");
    yw_text(y, path);
}

static void write_rules(struct yaml_writer *y, const struct places *places, size_t first,
                        size_t n) {
    yw_key(y, "rules");
    yw_list(y);
    for (size_t i = first; i < first + n; i++) {
        const struct rule *rule = places->v[i].rule;
        for (size_t m = 0; m < rule->methods.n; m++)
            for (size_t p = 0; p < rule->paths.n; p++) {
                if (!place_allows(places, &places->v[i], rule->paths.v[p].s))
                    continue;
                yw_map(y);
                yw_key(y, "allow");
                yw_map(y);
                write_request(y, rule->methods.v[m], rule->paths.v[p]);
                yw_end(y);
                yw_end(y);
            }
    }
    yw_end(y);
}

/* An empty list is refused there. */
static void write_denies(struct yaml_writer *y, const struct place *places, size_t n) {
    bool any = false;
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < places[i].rule->deny.n; p++) {
            if (!any) {
                yw_key(y, "deny_rules");
                yw_list(y);
            }
            any = true;
            yw_map(y);
            yw_key(y, "method");
            yw_string(y, "*");
            yw_key(y, "path");
            yw_text(y, places[i].rule->deny.v[p]);
            yw_end(y);
        }
    if (any)
        yw_end(y);
}

/* What the host may have besides public addresses: there, what it must have. */
static void write_addresses(struct yaml_writer *y, const struct place *places, size_t n) {
    bool any = false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < places[i].rule->addresses.n; k++) {
            BUF_CLEANUP struct buf cidr = {0};
            if (!any) {
                yw_key(y, "allowed_ips");
                yw_list(y);
            }
            any = true;
            buf_cidr(&cidr, places[i].rule->addresses.v[k]);
            yw_inert(y, &cidr);
        }
    if (any)
        yw_end(y);
}

static void write_endpoint(struct yaml_writer *y, const struct places *all, size_t first, size_t n,
                           bool audit) {
    const struct place *places = all->v + first;
    bool read = true;
    for (size_t i = 0; i < n; i++)
        read = read && scheme_is_read(places[i].rule->scheme);
    yw_map(y);
    write_host(y, places->host);
    yw_key(y, "port");
    yw_uint(y, (uint64_t)places->port);
    yw_key(y, "protocol");
    if (read) {
        yw_string(y, "rest");
        yw_key(y, "enforcement");
        if (audit)
            yw_string(y, "audit");
        else
            yw_string(y, "enforce");
        write_rules(y, all, first, n);
        write_denies(y, places, n);
    } else {
        yw_string(y, "tcp");
    }
    write_addresses(y, places, n);
    yw_end(y);
}

static void write_network(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    struct places places = places_of(plan, arena);
    bool audit = plan->spec->network.enforcement == ENFORCEMENT_AUDIT;
    yw_key(y, "network_policies");
    yw_map(y);
    if (places_allow(&places, 0, places.n)) {
        yw_key_name(y, plan->name);
        yw_map(y);
        yw_key(y, "endpoints");
        yw_list(y);
        for (size_t i = 0, n; i < places.n; i += n) {
            n = places_alike(&places, i);
            if (places_allow(&places, i, n))
                write_endpoint(y, &places, i, n, audit);
        }
        yw_end(y);
        yw_key(y, "binaries");
        yw_list(y);
        yw_map(y);
        yw_key(y, "path");
        yw_string(y, "/**");
        yw_end(y);
        yw_end(y);
        yw_end(y);
    }
    yw_end(y);
}

static void write(const struct export_target *target, const struct plan *plan, struct arena *arena,
                  struct buf *out) {
    struct yaml_writer y;
    yw_start(&y, out);
    export_comments(target, plan, arena, &y);
    yw_map(&y);
    yw_key(&y, "version");
    yw_uint(&y, 1);
    write_files(&y, plan->spec);
    write_identity(&y, plan);
    write_network(&y, plan, arena);
    yw_end(&y);
    yw_finish(&y);
}

static const struct export_file files[] = {{"policy.yaml", false, write}};

const struct export_target export_openshell = {
    "openshell",
    "a policy of NVIDIA's OpenShell (openshell sandbox create --policy)",
    files,
    1,
    &matrix_openshell,
};
