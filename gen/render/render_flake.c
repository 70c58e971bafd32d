#include "render/render_flake.h"
#include "plan/flake_inputs.h"
#include "spec/flake_url.h"
#include "write/write_json.h"
#include "write/write_nix.h"

#include <string.h>

static bool is_nixpkgs(const char *name) {
    return strcmp(name, "nixpkgs") == 0;
}

/* The spec's pin for a needed input; NULL when it is not needed. */
static const struct input *pin(const struct plan *plan, const struct flake_input *row) {
    const struct spec *spec = plan->spec;
    if (!flake_needs(spec, row))
        return NULL;
    for (size_t i = 0; i < spec->inputs.n; i++)
        if (strcmp(spec->inputs.v[i].name.s, row->name) == 0)
            return &spec->inputs.v[i];
    return NULL;
}

static void fill_url(const struct input *input, struct buf *out) {
    buf_lit(out, "url = ");
    nix_string(out, input->url);
    buf_lit(out, ";");
}

static void fill_follows(const char *name, struct buf *out) {
    nix_attribute(out, (struct name){name});
    buf_lit(out, ".follows = ");
    nix_string(out, (struct text){is_nixpkgs(name) ? "nixpkgs" : ""});
    buf_lit(out, ";");
}

static void fill_all_follows(const struct flake_input *row, struct buf *out) {
    if (!row->inputs[1]) {
        buf_lit(out, "inputs.");
        fill_follows(row->inputs[0], out);
        return;
    }
    buf_lit(out, "inputs = {");
    for (const char *const *name = row->inputs; *name; name++) {
        nix_line(out, 4);
        fill_follows(*name, out);
    }
    nix_line(out, 3);
    buf_lit(out, "};");
}

static void fill_one(const struct input *input, const struct flake_input *row, struct buf *out) {
    nix_attribute(out, input->name);
    if (!row->inputs[0]) {
        buf_lit(out, ".");
        fill_url(input, out);
        return;
    }
    buf_lit(out, " = {");
    nix_line(out, 3);
    fill_url(input, out);
    nix_line(out, 3);
    fill_all_follows(row, out);
    nix_line(out, 2);
    buf_lit(out, "};");
}

static void fill_inputs(const struct plan *plan, struct buf *out) {
    bool first = true;
    for (size_t i = 0; i < flake_inputs_count; i++) {
        const struct input *input = pin(plan, &flake_inputs[i]);
        if (!input)
            continue;
        if (!first)
            nix_line(out, 2);
        first = false;
        fill_one(input, &flake_inputs[i], out);
    }
}

const struct hole flake_holes[] = {
    {"inputs", fill_inputs},
    {NULL, NULL},
};

static void lock_follows(struct json_writer *j, const struct flake_input *row) {
    jw_key(j, "inputs");
    jw_object(j);
    for (const char *const *name = row->inputs; *name; name++) {
        jw_key_name(j, (struct name){*name});
        jw_array(j);
        if (is_nixpkgs(*name))
            jw_string(j, "nixpkgs");
        jw_end(j);
    }
    jw_end(j);
}

static void lock_locked(struct json_writer *j, const struct input *input,
                        const struct flake_url *url) {
    jw_key(j, "locked");
    jw_object(j);
    jw_key(j, "lastModified");
    jw_uint(j, (uint64_t)input->modified);
    jw_key(j, "narHash");
    jw_text(j, input->hash);
    jw_key(j, "owner");
    jw_name(j, (struct name){url->owner});
    jw_key(j, "repo");
    jw_name(j, (struct name){url->repo});
    jw_key(j, "rev");
    jw_name(j, input->rev);
    jw_key(j, "type");
    jw_string(j, "github");
    jw_end(j);
}

/* What Nix parses the URL in flake.nix to: where the two differ it locks anew. */
static void lock_original(struct json_writer *j, const struct flake_url *url) {
    jw_key(j, "original");
    jw_object(j);
    jw_key(j, "owner");
    jw_name(j, (struct name){url->owner});
    if (*url->ref && !url->ref_is_rev) {
        jw_key(j, "ref");
        jw_name(j, (struct name){url->ref});
    }
    jw_key(j, "repo");
    jw_name(j, (struct name){url->repo});
    if (url->ref_is_rev) {
        jw_key(j, "rev");
        jw_name(j, (struct name){url->ref});
    }
    jw_key(j, "type");
    jw_string(j, "github");
    jw_end(j);
}

static void lock_node(struct json_writer *j, const struct input *input,
                      const struct flake_input *row) {
    struct flake_url url;
    if (!flake_url_parse(input->url.s, &url))
        return; /* check.c refuses such a URL */
    jw_key_name(j, input->name);
    jw_object(j);
    if (row->inputs[0])
        lock_follows(j, row);
    lock_locked(j, input, &url);
    lock_original(j, &url);
    jw_end(j);
}

static void lock_root(struct json_writer *j, const struct plan *plan) {
    jw_key(j, "root");
    jw_object(j);
    jw_key(j, "inputs");
    jw_object(j);
    for (size_t i = 0; i < flake_inputs_count; i++) {
        const struct input *input = pin(plan, &flake_inputs[i]);
        if (!input)
            continue;
        jw_key_name(j, input->name);
        jw_name(j, input->name);
    }
    jw_end(j);
    jw_end(j);
}

void render_flake_lock(const struct plan *plan, struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "nodes");
    jw_object(&j);
    bool root_done = false;
    for (size_t i = 0; i < flake_inputs_count; i++) {
        if (!root_done && strcmp(flake_inputs[i].name, "root") > 0) {
            lock_root(&j, plan);
            root_done = true;
        }
        const struct input *input = pin(plan, &flake_inputs[i]);
        if (input)
            lock_node(&j, input, &flake_inputs[i]);
    }
    jw_end(&j);
    jw_key(&j, "root");
    jw_string(&j, "root");
    jw_key(&j, "version");
    jw_uint(&j, 7);
    jw_end(&j);
    jw_finish(&j);
}
