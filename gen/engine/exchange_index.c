/* The answer of an index of packages: read whole, and passed on without what is too young. */
#include "base/buf_raw.h"
#include "engine/admit_line.h"
#include "engine/exchange_private.h"
#include "engine/http1.h"
#include "engine/journal.h"
#include "engine/packages.h"
#include "engine/world.h"

#include <string.h>

/* What is said of the body that came, not of the one that goes on. */
static const char *const of_the_body[] = {
    "etag",         "last-modified", "content-md5",      "digest",  "content-digest",
    "repr-digest",  "accept-ranges", "cache-control",    "expires", "age",
    "content-type", "link",          "content-language", NULL};

static void tell(const struct exchange *exchange, const char *why) {
    const struct admitted *admitted = &exchange->admitted;
    json_t *line = json_pack("{s:s, s:s, s:s, s:s%, s:s, s:i}", "event", "decision", "verdict",
                             "deny", "scheme", "https", "method", admitted->method.s,
                             admitted->method.n, "host", admitted->host, "port", admitted->port);
    line_set(line, "reason", line_text(why));
    line_set(line, "path", line_bytes(admitted->told_path));
    line_set(line, "owner", admitted->aged->owner ? line_text(admitted->aged->owner) : NULL);
    journal_write(line);
}

static void refuse(struct exchange *exchange, const char *why) {
    tell(exchange, why);
    exchange_index_free(exchange);
    exchange_refuse(exchange, 403, why, NULL);
}

static void refuse_unusable(struct exchange *exchange, const char *why) {
    refuse(exchange, packages_unusable(exchange->arena, exchange->admitted.aged, why));
}

static const char *unusable(const struct exchange *exchange, const struct answer *answer) {
    int status = answer->status;
    if (status != 200)
        return status < 300 || status == 304
                   ? arena_printf(exchange->arena, "its answer is a %d", status)
                   : NULL;
    if (fields_are_coded(&answer->fields))
        return "it is compressed";
    return answer->has_length && answer->length > PACKAGES_LONGEST ? "it is longer than 24 MiB"
                                                                   : NULL;
}

static void copy_head(struct exchange *exchange, const struct answer *answer) {
    struct arena *arena = exchange->arena;
    struct answer *held = arena_alloc(arena, sizeof *held);
    *held = (struct answer){.status = 200, .reason = bytes_copy(arena, answer->reason)};
    for (size_t i = 0; i < answer->fields.n; i++)
        fields_add(arena, &held->fields, bytes_copy(arena, answer->fields.v[i].name),
                   bytes_copy(arena, answer->fields.v[i].value));
    exchange->held = held;
}

enum head_becomes exchange_index_head(struct exchange *exchange, struct answer *answer) {
    const struct aged *aged = exchange->admitted.aged;
    if (!aged || aged->place == AGED_FILE)
        return HEAD_PASSES;
    const char *why = unusable(exchange, answer);
    if (why) {
        refuse_unusable(exchange, why);
        return HEAD_REFUSED;
    }
    bool whole = answer->status == 200 && !exchange->to_head;
    for (const char *const *name = of_the_body; *name; name++)
        if (whole || strncmp(*name, "content-", 8) != 0)
            fields_drop(&answer->fields, *name);
    if (answer->status == 200 && exchange->to_head)
        answer->has_length = false;
    if (!whole)
        return HEAD_PASSES;
    http1_drop_hop(exchange->arena, &answer->fields);
    fields_drop(&answer->fields, "content-length");
    copy_head(exchange, answer);
    return HEAD_HELD;
}

/* -- room -- */

/* What all exchanges have of indexes that come, and that go on. One document at most is read at a
 * time, and takes three to four times its length. */
static struct { size_t comes, goes; } in_all;
enum { ROOM = 24 * 1024 * 1024, PIECE = 256 * 1024 };

/* New ones stand in front. */
static const struct exchange *oldest(void) {
    const struct exchange *found = NULL;
    for (const struct exchange *one = exchanges; one; one = one->next)
        if (one->held)
            found = one;
    return found;
}

bool exchange_index_is_full(const struct exchange *exchange) {
    if (in_all.goes > ROOM)
        return true;
    return in_all.comes + in_all.goes > ROOM && exchange != oldest();
}

static void wake(void) {
    for (struct exchange *one = exchanges; one; one = one->next)
        if (one->held && one->to_server && !exchange_index_is_full(one))
            one->to_server->more(one);
}

void exchange_index_free(struct exchange *exchange) {
    bool was_there = exchange->index.len || exchange->held;
    if (exchange->sends_index)
        in_all.goes -= exchange->index.len;
    else
        in_all.comes -= exchange->index.len;
    buf_free(&exchange->index);
    exchange->sends_index = false;
    exchange->held = NULL;
    if (was_there)
        wake();
}

bool exchange_index_body(struct exchange *exchange, struct bytes data) {
    if (exchange->index.len + data.n > PACKAGES_LONGEST) {
        refuse_unusable(exchange, "it is longer than 24 MiB");
        return false;
    }
    in_all.comes += data.n;
    if (data.n)
        buf_add(&exchange->index, data.s, data.n);
    return true;
}

/* -- what goes on -- */

static void tell_left_out(const struct exchange *exchange, const struct packages_thinned *thinned) {
    const struct aged *aged = exchange->admitted.aged;
    json_t *line =
        json_pack("{s:s, s:s, s:i, s:s, s:I, s:I}", "event", "cooldown", "host", aged->index.host,
                  "port", aged->index.port, "package", aged->name, "left",
                  (json_int_t)thinned->left, "left_out", (json_int_t)thinned->left_out);
    journal_write(line);
}

void exchange_index_send(struct exchange *exchange) {
    struct buf *out = &exchange->index;
    while (exchange->index_sent < out->len && !exchange->to_client->full(exchange)) {
        size_t left = out->len - exchange->index_sent, n = left < PIECE ? left : PIECE;
        exchange->to_client->body(exchange, out->data + exchange->index_sent, n);
        exchange->index_sent += n;
    }
    if (exchange->index_sent < out->len)
        return;
    exchange_index_free(exchange);
    exchange->to_client->end(exchange, NULL);
}

void exchange_index_end(struct exchange *exchange) {
    struct answer *answer = exchange->held;
    struct packages_thinned thinned;
    size_t came = exchange->index.len;
    const char *why = packages_thin(exchange->admitted.aged, &exchange->index, exchange->is_fetch,
                                    world_now(), exchange->arena, &thinned);
    in_all.comes -= came;
    in_all.goes += exchange->index.len;
    exchange->held = NULL;
    exchange->sends_index = true;
    if (thinned.left_out)
        tell_left_out(exchange, &thinned);
    if (why) {
        refuse(exchange, why);
        return;
    }
    if (!exchange->is_fetch)
        fields_add(exchange->arena, &answer->fields, BYTES("Content-Type"), bytes_of(thinned.kind));
    fields_add(exchange->arena, &answer->fields, BYTES("Cache-Control"), BYTES("no-store"));
    answer->has_length = true;
    answer->length = exchange->index.len;
    exchange->answered = true;
    exchange->to_client->head(exchange, answer);
    exchange_index_send(exchange);
}
