/* The words that all topics of the policy diff use, and what they compare. */
#include "policy/policy_private.h"

#include <string.h>

void policy_may(const struct policy_run *run, struct buf *b) {
    buf_lit(b, "may ");
    policy_now(run, b);
}

void policy_now(const struct policy_run *run, struct buf *b) {
    if (run->direction == POLICY_NARROWS)
        buf_lit(b, "no longer ");
    else if (!run->diff->first)
        buf_lit(b, "now ");
}

void policy_comma(struct buf *b, size_t i, size_t n) {
    if (i > 0 && i + 1 == n)
        buf_lit(b, " and ");
    else if (i > 0)
        buf_lit(b, ", ");
}

void policy_names(struct buf *b, const struct name *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        buf_name(b, v[i]);
    }
}

void policy_numbers(struct buf *b, const int64_t *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        policy_comma(b, i, n);
        buf_uint(b, (uint64_t)v[i]);
    }
}

/* As JSON prints it, without the quotes. */
void policy_value(struct buf *b, const struct type *type, const void *value) {
    BUF_CLEANUP struct buf json = {0};
    struct json_writer j;
    jw_start(&j, &json);
    type->write(&j, value);
    bool quoted = type->kind == JSON_KIND_STRING;
    if (quoted)
        json.data[json.len - 1] = '\0';
    plain_again(b, (struct text){json.data + quoted});
}

struct text policy_keep(struct policy_run *run, const struct buf *words) {
    return (struct text){arena_copy_n(run->arena, words->data, words->len)};
}

/* -- comparing -- */

bool policy_same_text(struct text a, struct text b) {
    return a.s == b.s || (a.s && b.s && strcmp(a.s, b.s) == 0);
}

bool policy_has_name(const struct name *v, size_t n, const char *s) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].s, s) == 0)
            return true;
    return false;
}

bool policy_has_number(const int64_t *v, size_t n, int64_t number) {
    for (size_t i = 0; i < n; i++)
        if (v[i] == number)
            return true;
    return false;
}

/* The lists are sorted sets. */
bool policy_same_names(const struct name *a, size_t na, const struct name *b, size_t nb) {
    for (size_t i = 0; na == nb && i < na; i++)
        if (strcmp(a[i].s, b[i].s) != 0)
            return false;
    return na == nb;
}

bool policy_same_numbers(const int64_t *a, size_t na, const int64_t *b, size_t nb) {
    for (size_t i = 0; na == nb && i < na; i++)
        if (a[i] != b[i])
            return false;
    return na == nb;
}

size_t policy_added(const struct name *less, size_t n_less, const struct name *more, size_t n_more,
                    struct name *out) {
    size_t n = 0;
    for (size_t i = 0; i < n_more; i++)
        if (!policy_has_name(less, n_less, more[i].s))
            out[n++] = more[i];
    return n;
}

/* -- who answers, and until when -- */

void policy_answer(struct policy_change *change, struct text owner, struct text reason,
                   struct date expires) {
    change->owner = owner;
    change->reason = reason;
    change->expires = expires;
}

struct text policy_answer_text(struct policy_run *run, struct text owner, struct text reason) {
    BUF_CLEANUP struct buf b = {0};
    if (owner.s) {
        buf_lit(&b, "owner ");
        plain_text(&b, owner);
    } else {
        buf_lit(&b, "no owner");
    }
    buf_lit(&b, ", ");
    if (reason.s) {
        buf_lit(&b, "reason ");
        plain_text(&b, reason);
    } else {
        buf_lit(&b, "no reason");
    }
    return policy_keep(run, &b);
}

struct policy_change *policy_tell_answer(struct policy_run *run, const struct buf *what,
                                         struct text was, struct text is) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct text words = {what->data};
    plain_again(&sentence, words);
    buf_lit(&sentence, ": ");
    plain_again(&sentence, is);
    buf_lit(&sentence, "; was ");
    plain_again(&sentence, was);
    buf_lit(&subject, "who answers for ");
    plain_again(&subject, words);
    struct policy_change *change = policy_add(run, &sentence, &subject);
    change->old = was;
    change->new = is;
    return change;
}

uint32_t policy_day(struct date expires) {
    return expires.year ? expires.year * 10000u + expires.month * 100u + expires.day : UINT32_MAX;
}

static struct date day_date(uint32_t day) {
    if (day == UINT32_MAX)
        return (struct date){0};
    return (struct date){(uint16_t)(day / 10000), (uint8_t)(day / 100 % 100), (uint8_t)(day % 100)};
}

static void write_day(struct buf *b, uint32_t day) {
    if (day == UINT32_MAX) {
        buf_lit(b, "without an end");
        return;
    }
    buf_lit(b, "until ");
    buf_date(b, day_date(day));
}

void policy_longer(const struct policy_run *run, struct buf *b, uint32_t less, uint32_t more) {
    bool widens = run->direction == POLICY_WIDENS;
    if (widens)
        buf_lit(b, " for a longer time: ");
    else
        buf_lit(b, " for a shorter time: ");
    write_day(b, widens ? more : less);
    buf_lit(b, ", was ");
    write_day(b, widens ? less : more);
}

static struct text day_text(struct policy_run *run, uint32_t day) {
    BUF_CLEANUP struct buf b = {0};
    if (day == UINT32_MAX)
        buf_lit(&b, "never");
    else
        buf_date(&b, day_date(day));
    return policy_keep(run, &b);
}

void policy_dates(struct policy_run *run, struct policy_change *change, const struct buf *subject,
                  uint32_t less, uint32_t more) {
    bool widens = run->direction == POLICY_WIDENS;
    if (widens)
        policy_verb(run, change, "Extend ", subject);
    else
        policy_verb(run, change, "Shorten ", subject);
    change->expires = day_date(widens ? more : less);
    change->old = day_text(run, widens ? less : more);
    change->new = day_text(run, widens ? more : less);
}
