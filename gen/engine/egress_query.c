/* The "query" of a rule of policy.json. */
#include "engine/egress_private.h"

#include <string.h>

static const char *read_item(struct egress_reading *r, const json_t *item, const char *where) {
    const char *text = egress_text(r, item, where), *why = url_query_wrong(text);
    if (strlen(text) > URL_QUERY_LONGEST)
        egress_wrong(r, where, "an item of a query has at most 500 characters");
    else if (why)
        egress_wrong(r, where, "name or name=value, with what is not plain as %%XX");
    return text;
}

void egress_read_query(struct egress_reading *r, const json_t *item, const char *where,
                       struct egress_rule *rule) {
    if (!json_object_get(item, "query"))
        return;
    const char *const *texts = egress_read_texts(r, item, "query", where, read_item);
    size_t n = json_array_size(json_object_get(item, "query"));
    rule->query = arena_alloc(r->arena, (n + 1) * sizeof *rule->query);
    for (; rule->query_count < n && !r->wrong; rule->query_count++)
        rule->query[rule->query_count] = url_query_read(r->arena, texts[rule->query_count]);
}
