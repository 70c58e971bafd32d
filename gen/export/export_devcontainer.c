/* A dev container (containers.dev): devContainer.base.schema.json of devcontainers/spec, a
 * Dockerfile and a firewall beside it, as Anthropic's reference has them. Its firewall is the
 * entry point's, which is root: the agent's user needs no sudo. */
#include "base/embedded.h"
#include "export/export_private.h"
#include "export/places.h"
#include "render/template.h"
#include "write/write_json.h"

#include <string.h>

/* "${localEnv:HOME}" and its like are replaced there, and nothing escapes them. */
bool devcontainer_takes(const char *words) {
    return !strstr(words, "${");
}

/* What is written as docker's --mount: a list of words with commas between them. */
bool devcontainer_mounts(const struct workspace *workspace) {
    return !strchr(workspace->path.s, ',');
}

/* -- devcontainer.json -- */

static void write_mount(struct json_writer *j, const struct workspace *workspace,
                        struct arena *arena) {
    jw_text(j, (struct text){arena_printf(
                   arena, "type=bind,source=%s,target=%s%s", workspace->path.s, workspace->path.s,
                   workspace->access == ACCESS_READ_ONLY ? ",readonly" : "")});
}

static void write_workspaces(struct json_writer *j, const struct spec *spec, struct arena *arena) {
    size_t first = 0;
    while (first < spec->workspaces.n && (!devcontainer_mounts(&spec->workspaces.v[first]) ||
                                          spec->workspaces.v[first].access == ACCESS_READ_ONLY))
        first++;
    if (first < spec->workspaces.n) {
        jw_key(j, "workspaceMount");
        write_mount(j, &spec->workspaces.v[first], arena);
        jw_key(j, "workspaceFolder");
        jw_text(j, spec->workspaces.v[first].path);
    }
    jw_key(j, "mounts");
    jw_array(j);
    for (size_t i = 0; i < spec->workspaces.n; i++)
        if (i != first && devcontainer_mounts(&spec->workspaces.v[i]))
            write_mount(j, &spec->workspaces.v[i], arena);
    jw_end(j);
}

static void write_number(struct json_writer *j, struct arena *arena, const char *option,
                         int64_t number) {
    jw_text(j, (struct text){arena_printf(arena, "--%s=%lld", option, (long long)number)});
}

static void write_arguments(struct json_writer *j, const struct limits *limits,
                            struct arena *arena) {
    jw_key(j, "runArgs");
    jw_array(j);
    jw_string(j, "--cap-drop=ALL");
    jw_string(j, "--cap-add=NET_ADMIN");
    jw_string(j, "--security-opt=no-new-privileges");
    write_number(j, arena, "pids-limit", limits->tasks ? limits->tasks : DEFAULT_TASKS);
    if (limits->memory)
        write_number(j, arena, "memory", limits->memory);
    if (limits->cpus)
        write_number(j, arena, "cpus", limits->cpus);
    jw_end(j);
}

static void write_environment(struct json_writer *j, const struct spec *spec) {
    jw_key(j, "containerEnv");
    jw_object(j);
    for (size_t i = 0; i < spec->environment.n; i++) {
        if (!devcontainer_takes(spec->environment.v[i].value.s))
            continue;
        jw_key_name(j, spec->environment.v[i].name);
        jw_text(j, spec->environment.v[i].value);
    }
    jw_end(j);
}

static void write_container(const struct export_target *target, const struct plan *plan,
                            struct arena *arena, struct buf *out) {
    struct json_writer j;
    const struct network *network = &plan->spec->network;
    (void)target;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "name");
    jw_name(&j, plan->prefix);
    jw_key(&j, "build");
    jw_object(&j);
    jw_key(&j, "dockerfile");
    jw_string(&j, "Dockerfile");
    jw_end(&j);
    jw_key(&j, "containerUser");
    jw_string(&j, "root");
    jw_key(&j, "remoteUser");
    jw_name(&j, plan->agent);
    jw_key(&j, "updateRemoteUserUID");
    jw_bool(&j, false);
    jw_key(&j, "overrideCommand");
    jw_bool(&j, false);
    write_arguments(&j, &plan->spec->limits, arena);
    write_environment(&j, plan->spec);
    write_workspaces(&j, plan->spec, arena);
    jw_key(&j, "forwardPorts");
    jw_array(&j);
    for (size_t i = 0; i < network->publish.n; i++)
        jw_uint(&j, (uint64_t)network->publish.v[i]);
    jw_end(&j);
    jw_key(&j, "postStartCommand");
    jw_string(&j, "until [ -e /run/agent-sandbox-firewall ]; do sleep 0.1; done");
    jw_key(&j, "waitFor");
    jw_string(&j, "postStartCommand");
    jw_end(&j);
    jw_finish(&j);
}

/* -- the firewall -- */

static void fill_places(const struct plan *plan, struct buf *out) {
    struct arena *arena = arena_new();
    struct places places = places_of(plan, arena);
    for (size_t i = 0, n; i < places.n; i += n) {
        n = places_alike(&places, i);
        if (places.v[i].host.suffix || !places_allow(&places, i, n))
            continue;
        buf_lit(out, "allow \"");
        buf_host(out, places.v[i].host);
        buf_lit(out, "\" ");
        buf_uint(out, (uint64_t)places.v[i].port);
        buf_lit(out, "\n");
    }
    arena_free(arena);
}

static void fill_cidrs(const struct plan *plan, struct buf *out) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->cidrs.n; i++) {
        const struct cidr_rule *rule = &network->cidrs.v[i];
        for (size_t k = 0; k < rule->ports.n; k++) {
            buf_lit(out, "        ip");
            if (rule->cidr.family == 6)
                buf_lit(out, "6");
            buf_lit(out, " daddr ");
            buf_cidr(out, rule->cidr);
            if (rule->protocol == PROTOCOL_UDP)
                buf_lit(out, " udp dport ");
            else
                buf_lit(out, " tcp dport ");
            buf_uint(out, (uint64_t)rule->ports.v[k]);
            buf_lit(out, " accept\n");
        }
    }
}

static void fill_losses(const struct plan *plan, struct buf *out) {
    struct yaml_writer y; /* a comment is written alike */
    struct arena *arena = arena_new();
    yw_start(&y, out);
    export_comments(&export_devcontainer, plan, arena, &y);
    arena_free(arena);
}

static void write_template(const char *path, const struct plan *plan, struct buf *out) {
    static const struct hole holes[] = {
        {"places", fill_places}, {"cidrs", fill_cidrs}, {"losses", fill_losses}, {NULL, NULL}};
    const struct embedded *file = embedded_find(path);
    template_fill(file->data, file->length, holes, plan, out);
}

static void write_image(const struct export_target *target, const struct plan *plan,
                        struct arena *arena, struct buf *out) {
    (void)target, (void)arena;
    write_template("templates/export/Dockerfile", plan, out);
}

static void write_firewall(const struct export_target *target, const struct plan *plan,
                           struct arena *arena, struct buf *out) {
    (void)target, (void)arena;
    write_template("templates/export/init-firewall.sh", plan, out);
}

static const struct export_file files[] = {
    {"devcontainer.json", false, write_container},
    {"Dockerfile", false, write_image},
    {"init-firewall.sh", true, write_firewall},
};

const struct export_target export_devcontainer = {
    "devcontainer",
    "a dev container with a firewall (.devcontainer/)",
    files,
    sizeof files / sizeof *files,
    &matrix_devcontainer,
};
