/* What the proxy, the host program and the probes have in common with check and the firewall
 * (spec/vocabulary.h, spec/relaxations.h), as JSON. */
#include "doc/doc.h"
#include "read/repositories.h"
#include "spec/relaxations.h"
#include "spec/vocabulary.h"
#include "write/write_json.h"

static void put_cidr(struct json_writer *j, struct cidr cidr) {
    BUF_CLEANUP struct buf text = {0};
    buf_cidr(&text, cidr);
    jw_inert(j, &text);
}

static void put_words(struct json_writer *j, const char *const *words) {
    jw_array(j);
    for (; *words; words++)
        jw_text(j, (struct text){*words});
    jw_end(j);
}

/* By which hosts and paths a rule of a repository is read out of what was asked. */
static void put_repository(struct json_writer *j) {
    jw_array(j);
    for (size_t i = 0; i < repository_parts_count; i++) {
        const struct repository_part *part = &repository_parts[i];
        jw_object(j);
        jw_key(j, "access");
        jw_text(j, (struct text){part->access == REPOSITORY_READ ? "read" : "write"});
        jw_key(j, "host");
        jw_text(j, (struct text){part->host});
        jw_key(j, "methods");
        put_words(j, part->methods);
        jw_key(j, "before");
        jw_text(j, (struct text){part->before});
        jw_key(j, "behind");
        put_words(j, part->behind);
        if (part->query) {
            jw_key(j, "query");
            jw_text(j, (struct text){part->query});
        }
        jw_end(j);
    }
    jw_end(j);
}

void doc_vocabulary(struct buf *out) {
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "closed_addresses");
    jw_array(&j);
    for (size_t i = 0; i < special_ranges_count; i++)
        if (special_ranges[i].closed)
            put_cidr(&j, special_ranges[i].cidr);
    jw_end(&j);
    jw_key(&j, "never_addresses");
    jw_array(&j);
    for (size_t i = 0; i < special_ranges_count; i++)
        if (special_ranges[i].refused)
            put_cidr(&j, special_ranges[i].cidr);
    jw_end(&j);
    jw_key(&j, "open_v6");
    put_cidr(&j, open_v6);
    jw_key(&j, "repository");
    put_repository(&j);
    jw_key(&j, "headers");
    jw_object(&j);
    for (size_t i = 0; i < header_groups_count; i++) {
        jw_key_name(&j, (struct name){header_groups[i].name});
        put_words(&j, header_groups[i].words);
    }
    jw_end(&j);
    jw_key(&j, "header_free");
    jw_text(&j, (struct text){header_free});
    jw_key(&j, "special_use");
    put_words(&j, special_use);
    jw_key(&j, "special_use_closed");
    put_words(&j, special_use_closed);
    jw_key(&j, "methods_refused");
    put_words(&j, methods_refused);
    jw_key(&j, "mcp_methods");
    put_words(&j, mcp_methods);
    jw_key(&j, "relaxations");
    jw_array(&j);
#define ROW(id, word, may, meaning) jw_string(&j, word);
    RELAXATIONS(ROW)
#undef ROW
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
}
