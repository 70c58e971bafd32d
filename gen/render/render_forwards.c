#include "base/die.h"
#include "base/embedded.h"
#include "render/render_units.h"
#include "render/units.h"

/* A hole's function is handed a plan: this one has its forward behind it. */
struct forward_plan {
    struct plan plan;
    enum forward forward;
    int64_t port;
};

static const struct forward_plan *forward_of(const struct plan *plan) {
    return (const struct forward_plan *)plan;
}

static void fill_text(const struct plan *plan, struct buf *out) {
    if (forward_of(plan)->forward == FORWARD_LOCAL)
        buf_lit(out, "Forward from the sandbox ");
    else
        buf_lit(out, "Forward into the sandbox ");
    buf_name(out, plan->name);
    if (forward_of(plan)->forward == FORWARD_LOCAL)
        buf_lit(out, " to the host's port ");
    else
        buf_lit(out, " to its own port ");
    buf_uint(out, (uint64_t)forward_of(plan)->port);
}

static void fill_port(const struct plan *plan, struct buf *out) {
    buf_uint(out, (uint64_t)forward_of(plan)->port);
}

static void namespace_path(const struct plan *plan, struct buf *out) {
    buf_lit(out, "NetworkNamespacePath=/run/netns/");
    buf_name(out, plan->prefix);
    buf_lit(out, "\n");
}

/* A local port's socket listens inside; a published port's service dials inside. */
static void fill_listen_namespace(const struct plan *plan, struct buf *out) {
    if (forward_of(plan)->forward == FORWARD_LOCAL)
        namespace_path(plan, out);
}

static void fill_dial_namespace(const struct plan *plan, struct buf *out) {
    if (forward_of(plan)->forward == FORWARD_PUBLISH)
        namespace_path(plan, out);
}

static const struct hole holes[] = {{"forward_text", fill_text},
                                    {"port", fill_port},
                                    {"listen_namespace", fill_listen_namespace},
                                    {"dial_namespace", fill_dial_namespace},
                                    {NULL, NULL}};

static void fill(const char *template, const struct forward_plan *forward, struct buf *out) {
    const struct embedded *file = embedded_find(template);
    if (!file)
        die("%s is not in this program", template);
    template_fill(file->data, file->length, holes, &forward->plan, out);
}

static void begin_path(const struct forward_plan *forward, struct buf *path) {
    buf_lit(path, "linux/systemd/");
    forward_name(&forward->plan, forward->forward, forward->port, path);
}

static void add_forward(const struct plan *plan, enum forward forward, int64_t port,
                        struct tree *tree) {
    const struct forward_plan forward_plan = {*plan, forward, port};
    BUF_CLEANUP struct buf socket = {0}, service = {0}, socket_path = {0}, service_path = {0};
    begin_path(&forward_plan, &socket_path);
    buf_lit(&socket_path, ".socket");
    fill("templates/linux/forward.socket", &forward_plan, &socket);
    tree_add(tree, socket_path.data, false, &socket);
    begin_path(&forward_plan, &service_path);
    buf_lit(&service_path, ".service");
    fill("templates/linux/forward.service", &forward_plan, &service);
    tree_add(tree, service_path.data, false, &service);
}

void render_forwards(const struct plan *plan, struct tree *tree) {
    const struct network *network = &plan->spec->network;
    for (size_t i = 0; i < network->local_ports.n; i++)
        add_forward(plan, FORWARD_LOCAL, network->local_ports.v[i], tree);
    for (size_t i = 0; i < network->publish.n; i++)
        add_forward(plan, FORWARD_PUBLISH, network->publish.v[i], tree);
}
