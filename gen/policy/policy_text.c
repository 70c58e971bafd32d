/* The policy diff as text, as a subject, as JSON. */
#include "policy/policy_private.h"
#include "write/write_json.h"

#include <stdlib.h>
#include <string.h>

/* -- the list -- */

static void write_sentence(const struct policy_change *change, struct buf *b) {
    bool until = change->expires.year && !change->old.s, any = false;
    plain_again(b, change->sentence);
    if (!change->owner.s && !change->reason.s && !until)
        return;
    buf_lit(b, " \xe2\x80\x94 ");
    if (change->owner.s) {
        buf_lit(b, "owner ");
        plain_text(b, change->owner);
        any = true;
    }
    if (change->reason.s) {
        if (any)
            buf_lit(b, ", ");
        buf_lit(b, "reason ");
        plain_text(b, change->reason);
        any = true;
    }
    if (until) {
        if (any)
            buf_lit(b, ", ");
        buf_lit(b, "until ");
        buf_date(b, change->expires);
    }
}

static void write_heading(const struct policy_diff *diff, enum policy_direction direction,
                          struct buf *out) {
    switch (direction) {
    case POLICY_WIDENS:
        if (diff->first)
            buf_lit(out, "What the agent may do:\n");
        else
            buf_lit(out, "WIDENS what the agent may do:\n");
        break;
    case POLICY_NARROWS:
        buf_lit(out, "Narrows what the agent may do:\n");
        break;
    case POLICY_OTHER:
        buf_lit(out, "Also changed:\n");
        break;
    }
}

static void write_group(const struct policy_diff *diff, enum policy_direction direction,
                        struct buf *out) {
    bool any = false;
    for (size_t i = 0; i < diff->n; i++) {
        BUF_CLEANUP struct buf line = {0};
        if (diff->v[i].direction != direction)
            continue;
        if (!any)
            write_heading(diff, direction, out);
        any = true;
        write_sentence(&diff->v[i], &line);
        struct text words = {line.data};
        switch (direction) {
        case POLICY_WIDENS:
            plain_item(out, "+", words);
            break;
        case POLICY_NARROWS:
            plain_item(out, "-", words);
            break;
        case POLICY_OTHER:
            plain_item(out, "~", words);
            break;
        }
    }
}

void policy_write(const struct policy_diff *diff, struct buf *out) {
    if (diff->n == 0 && diff->first)
        buf_lit(out, "What the agent may do: nothing beyond its own home.\n");
    else if (diff->n == 0)
        buf_lit(out, "Layout only: what the agent may do is the same.\n");
    write_group(diff, POLICY_WIDENS, out);
    write_group(diff, POLICY_NARROWS, out);
    write_group(diff, POLICY_OTHER, out);
}

/* -- the subject -- */

enum { SUBJECT_MAX = 72 };

/* By what they are about, and then as they stand. */
static int by_about(const void *x, const void *y) {
    const struct policy_change *a = *(const struct policy_change *const *)x;
    const struct policy_change *b = *(const struct policy_change *const *)y;
    int order =
        a->about.s && b->about.s ? strcmp(a->about.s, b->about.s) : !!a->about.s - !!b->about.s;
    return order ? order : (a > b) - (a < b);
}

/* What is told of one thing counts once. */
static size_t count(const struct policy_diff *diff, size_t first, size_t end) {
    size_t n = 0;
    const struct policy_change **v = arena_alloc(diff->arena, (end - first) * sizeof *v);
    for (size_t i = first; i < end; i++)
        v[i - first] = &diff->v[i];
    qsort(v, end - first, sizeof *v, by_about);
    for (size_t i = 0; i < end - first; i++)
        if (i == 0 || !v[i]->about.s || !policy_same_text(v[i]->about, v[i - 1]->about))
            n += v[i]->count;
    return n;
}

/* "2 hosts, 1 credential": those of one direction and key stand together. */
static void write_counts(const struct policy_diff *diff, enum policy_direction direction,
                         struct buf *b) {
    bool any = false;
    if (direction == POLICY_OTHER) {
        policy_noun("", policy_count(diff, direction), b);
        return;
    }
    for (size_t i = 0, end; i < diff->n; i = end) {
        const struct policy_change *change = &diff->v[i];
        for (end = i + 1; end < diff->n; end++)
            if (diff->v[end].direction != change->direction || diff->v[end].key != change->key)
                break;
        if (change->direction != direction)
            continue;
        if (any)
            buf_lit(b, ", ");
        any = true;
        policy_noun(change->key, count(diff, i, end), b);
    }
}

static void write_verb(enum policy_direction direction, struct buf *b) {
    bool start = b->len == 0;
    if (!start)
        buf_lit(b, "; ");
    if (direction == POLICY_WIDENS)
        buf_name(b, (struct name){"Allow "});
    else if (direction == POLICY_NARROWS)
        buf_name(b, (struct name){start ? "Deny " : "deny "});
    else
        buf_name(b, (struct name){start ? "Change " : "change "});
}

static void write_many(const struct policy_diff *diff, struct buf *b) {
    for (int d = POLICY_WIDENS; d <= POLICY_OTHER; d++)
        if (policy_count(diff, (enum policy_direction)d)) {
            write_verb((enum policy_direction)d, b);
            write_counts(diff, (enum policy_direction)d, b);
        }
}

/* When there are too many kinds for one line. */
static void write_sums(const struct policy_diff *diff, struct buf *b) {
    for (int d = POLICY_WIDENS; d <= POLICY_OTHER; d++) {
        size_t n = policy_count(diff, (enum policy_direction)d);
        if (n == 0)
            continue;
        write_verb((enum policy_direction)d, b);
        buf_uint(b, n);
        if (n == 1)
            buf_lit(b, " thing");
        else
            buf_lit(b, " things");
    }
}

static bool subject_seen(const struct policy_diff *diff, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (policy_same_text(diff->v[k].subject, diff->v[i].subject))
            return true;
    return false;
}

/* Every change, where they fit: "Allow X; deny Y". */
static bool write_all(const struct policy_diff *diff, size_t room, struct buf *out) {
    BUF_CLEANUP struct buf b = {0};
    for (size_t i = 0; i < diff->n && b.len <= room; i++) {
        if (subject_seen(diff, i))
            continue;
        if (i > 0)
            buf_lit(&b, "; ");
        plain_begin(&b, diff->v[i].subject, i > 0);
    }
    if (b.len > room)
        return false;
    plain_again(out, (struct text){b.data});
    return true;
}

/* Several changes of one host or credential. */
static bool write_about(const struct policy_diff *diff, size_t room, struct buf *out) {
    BUF_CLEANUP struct buf b = {0};
    const struct policy_change *first = &diff->v[0];
    for (size_t i = 0; i < diff->n; i++)
        if (diff->v[i].key != first->key || !policy_same_text(diff->v[i].about, first->about))
            return false;
    if (!first->about.s)
        return false;
    if (strcmp(first->key, "credentials") == 0)
        buf_lit(&b, "Change the credential ");
    else if (policy_count(diff, POLICY_WIDENS) == diff->n)
        buf_lit(&b, "Allow more at ");
    else if (policy_count(diff, POLICY_NARROWS) == diff->n)
        buf_lit(&b, "Allow less at ");
    else
        buf_lit(&b, "Change what is allowed at ");
    plain_again(&b, first->about);
    if (b.len > room)
        return false;
    plain_again(out, (struct text){b.data});
    return true;
}

/* The only change, or the only one that widens or narrows. What is enforced at all outweighs all.
 */
static const struct policy_change *only(const struct policy_diff *diff) {
    size_t other = policy_count(diff, POLICY_OTHER);
    bool one = diff->n == 1 || (diff->n - other == 1);
    for (size_t i = 0; i < diff->n; i++)
        if (strcmp(diff->v[i].key, "network.enforcement") == 0)
            return &diff->v[i];
    return one ? &diff->v[0] : NULL;
}

static void write_one(const struct policy_diff *diff, const struct policy_change *change,
                      size_t room, struct buf *out) {
    BUF_CLEANUP struct buf more = {0};
    if (diff->n > 1) {
        buf_lit(&more, "; and ");
        buf_uint(&more, diff->n - 1);
        buf_lit(&more, " more");
    }
    plain_cut(out, change->subject, room - more.len);
    if (more.len)
        plain_again(out, (struct text){more.data});
}

void policy_write_subject(const struct policy_diff *diff, struct name sandbox, bool fleet,
                          struct buf *out) {
    BUF_CLEANUP struct buf b = {0};
    const struct policy_change *change = only(diff);
    size_t room = SUBJECT_MAX;
    if (diff->first || diff->n == 0) {
        if (diff->first)
            buf_lit(out, "Create sandbox ");
        else
            buf_lit(out, "Update sandbox ");
        buf_name(out, sandbox);
        if (!diff->first)
            buf_lit(out, ": layout only");
        return;
    }
    if (fleet) {
        buf_name(out, sandbox);
        buf_lit(out, ": ");
        room -= strlen(sandbox.s) + 2;
    }
    if (write_all(diff, room, out))
        return;
    if (change) {
        write_one(diff, change, room, out);
        return;
    }
    if (write_about(diff, room, out))
        return;
    write_many(diff, &b);
    if (b.len > room) {
        buf_free(&b);
        write_sums(diff, &b);
    }
    plain_cut(out, (struct text){b.data}, room);
}

/* -- JSON -- */

static void key_text(struct json_writer *j, const char *key, struct text text) {
    if (!text.s)
        return;
    jw_key_name(j, (struct name){key});
    jw_text(j, text);
}

static void write_change(const struct policy_change *change, struct name sandbox,
                         struct json_writer *j) {
    static const char *const words[] = {"widens", "narrows", "other"};
    jw_object(j);
    key_text(j, "sandbox", (struct text){sandbox.s});
    key_text(j, "direction", (struct text){words[change->direction]});
    key_text(j, "key", (struct text){change->key});
    key_text(j, "text", change->sentence);
    key_text(j, "owner", change->owner);
    key_text(j, "reason", change->reason);
    if (change->expires.year) {
        BUF_CLEANUP struct buf date = {0};
        buf_date(&date, change->expires);
        jw_key(j, "expires");
        jw_inert(j, &date);
    }
    key_text(j, "old", change->old);
    key_text(j, "new", change->new);
    jw_end(j);
}

void policy_write_json(const struct policy_diff *diff, struct name sandbox, struct json_writer *j) {
    for (size_t i = 0; i < diff->n; i++)
        write_change(&diff->v[i], sandbox, j);
}
