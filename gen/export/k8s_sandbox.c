/* The pod, as a Sandbox of kubernetes-sigs/agent-sandbox: its agents.x-k8s.io_sandboxes.yaml. */
#include "export/export_private.h"

#include <string.h>

static void write_volume_name(struct yaml_writer *y, struct arena *arena, size_t i) {
    yw_name(y, (struct name){arena_printf(arena, "workspace-%zu", i + 1)});
}

static void write_mount(struct yaml_writer *y, struct name name, struct path path) {
    yw_map(y);
    yw_key(y, "name");
    yw_name(y, name);
    yw_key(y, "mountPath");
    yw_path(y, path);
    yw_end(y);
}

static void write_mounts(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    yw_key(y, "volumeMounts");
    yw_list(y);
    write_mount(y, (struct name){"home"}, plan->linux_home);
    write_mount(y, (struct name){"tmp"}, (struct path){"/tmp"});
    for (size_t i = 0; i < plan->spec->workspaces.n; i++) {
        const struct workspace *workspace = &plan->spec->workspaces.v[i];
        yw_map(y);
        yw_key(y, "name");
        write_volume_name(y, arena, i);
        yw_key(y, "mountPath");
        yw_text(y, workspace->path);
        yw_key(y, "readOnly");
        yw_bool(y, workspace->access == ACCESS_READ_ONLY);
        yw_end(y);
    }
    yw_end(y);
}

static void write_limits(struct yaml_writer *y, const struct limits *limits, struct arena *arena) {
    yw_key(y, "resources");
    yw_map(y);
    yw_key(y, "limits");
    yw_map(y);
    if (limits->memory) {
        yw_key(y, "memory");
        yw_name(y, (struct name){arena_printf(arena, "%lld", (long long)limits->memory)});
    }
    if (limits->cpus) {
        yw_key(y, "cpu");
        yw_name(y, (struct name){arena_printf(arena, "%lld", (long long)limits->cpus)});
    }
    yw_end(y);
    yw_end(y);
}

/* There $(NAME) is replaced, and $$ is one $. */
static struct text escaped(const char *value, struct arena *arena) {
    char *text = arena_alloc(arena, 2 * strlen(value) + 1), *to = text;
    for (; *value; value++) {
        if (*value == '$')
            *to++ = '$';
        *to++ = *value;
    }
    return (struct text){text};
}

static void write_environment(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    yw_key(y, "env");
    yw_list(y);
    yw_map(y);
    yw_key(y, "name");
    yw_string(y, "HOME");
    yw_key(y, "value");
    yw_path(y, plan->linux_home);
    yw_end(y);
    for (size_t i = 0; i < plan->spec->environment.n; i++) {
        yw_map(y);
        yw_key(y, "name");
        yw_name(y, plan->spec->environment.v[i].name);
        yw_key(y, "value");
        yw_text(y, escaped(plan->spec->environment.v[i].value.s, arena));
        yw_end(y);
    }
    yw_end(y);
}

static void write_container(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    yw_map(y);
    yw_key(y, "name");
    yw_string(y, "agent");
    yw_key(y, "image");
    yw_name(y, plan->prefix);
    yw_key(y, "command");
    yw_list(y);
    yw_string(y, "sleep");
    yw_string(y, "infinity");
    yw_end(y);
    yw_key(y, "securityContext");
    yw_map(y);
    yw_key(y, "allowPrivilegeEscalation");
    yw_bool(y, false);
    yw_key(y, "readOnlyRootFilesystem");
    yw_bool(y, true);
    yw_key(y, "capabilities");
    yw_map(y);
    yw_key(y, "drop");
    yw_list(y);
    yw_string(y, "ALL");
    yw_end(y);
    yw_end(y);
    yw_end(y);
    write_limits(y, &plan->spec->limits, arena);
    write_environment(y, plan, arena);
    write_mounts(y, plan, arena);
    yw_end(y);
}

static void write_identity(struct yaml_writer *y, const struct plan *plan) {
    yw_key(y, "securityContext");
    yw_map(y);
    yw_key(y, "runAsNonRoot");
    yw_bool(y, true);
    yw_key(y, "runAsUser");
    yw_uint(y, plan->agent_uid);
    yw_key(y, "runAsGroup");
    yw_uint(y, plan->agent_uid);
    yw_key(y, "fsGroup");
    yw_uint(y, plan->agent_uid);
    yw_key(y, "seccompProfile");
    yw_map(y);
    yw_key(y, "type");
    yw_string(y, "RuntimeDefault");
    yw_end(y);
    yw_end(y);
}

static void write_empty(struct yaml_writer *y, struct name name) {
    yw_map(y);
    yw_key(y, "name");
    yw_name(y, name);
    yw_key(y, "emptyDir");
    yw_map(y);
    yw_end(y);
    yw_end(y);
}

static void write_pod(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    yw_key(y, "spec");
    yw_map(y);
    yw_key(y, "automountServiceAccountToken");
    yw_bool(y, false);
    yw_key(y, "enableServiceLinks");
    yw_bool(y, false);
    if (plan->spec->limits.session) {
        yw_key(y, "activeDeadlineSeconds");
        yw_uint(y, (uint64_t)plan->spec->limits.session);
    }
    write_identity(y, plan);
    yw_key(y, "containers");
    yw_list(y);
    write_container(y, plan, arena);
    yw_end(y);
    yw_key(y, "volumes");
    yw_list(y);
    write_empty(y, (struct name){"home"});
    write_empty(y, (struct name){"tmp"});
    yw_end(y);
    yw_end(y);
}

static void write_claim(struct yaml_writer *y, struct arena *arena, size_t i) {
    yw_map(y);
    yw_key(y, "metadata");
    yw_map(y);
    yw_key(y, "name");
    write_volume_name(y, arena, i);
    yw_end(y);
    yw_key(y, "spec");
    yw_map(y);
    yw_key(y, "accessModes");
    yw_list(y);
    yw_string(y, "ReadWriteOnce");
    yw_end(y);
    yw_key(y, "resources");
    yw_map(y);
    yw_key(y, "requests");
    yw_map(y);
    yw_key(y, "storage");
    yw_string(y, "10Gi");
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

void k8s_sandbox(struct yaml_writer *y, const struct plan *plan, struct arena *arena) {
    yw_map(y);
    yw_key(y, "apiVersion");
    yw_string(y, "agents.x-k8s.io/v1beta1");
    yw_key(y, "kind");
    yw_string(y, "Sandbox");
    yw_key(y, "metadata");
    yw_map(y);
    yw_key(y, "name");
    yw_name(y, plan->prefix);
    yw_end(y);
    yw_key(y, "spec");
    yw_map(y);
    yw_key(y, "podTemplate");
    yw_map(y);
    yw_key(y, "metadata");
    yw_map(y);
    yw_key(y, "labels");
    yw_map(y);
    yw_key(y, "agent-sandbox");
    yw_name(y, plan->name);
    yw_end(y);
    yw_end(y);
    write_pod(y, plan, arena);
    yw_end(y);
    yw_key(y, "volumeClaimTemplates");
    yw_list(y);
    for (size_t i = 0; i < plan->spec->workspaces.n; i++)
        write_claim(y, arena, i);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}
