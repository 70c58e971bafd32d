/* What is kept of a login, as text: a line each, its name, a blank, and the rest. */
#include "base/buf_raw.h"
#include "engine/login_body.h"
#include "engine/login_store.h"
#include "engine/wiped.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By their names in the file. */
struct row {
    const char *name;
    size_t offset;
    bool token, number;
};
#define AT(member) offsetof(struct login_kept, member)
static const struct row rows[] = {
    {"access", AT(token[LOGIN_ACCESS]), true, false},
    {"refresh", AT(token[LOGIN_REFRESH]), true, false},
    {"id", AT(token[LOGIN_ID]), true, false},
    {"got", AT(got), false, true},
    {"ends", AT(ends), false, true},
    {"client_id", AT(client_id), false, false},
    {"client_secret", AT(client_secret), false, false},
    {"scope", AT(scope), false, false},
    {"who", AT(who), false, false},
    {"plan", AT(plan), false, false},
    {"account", AT(account), false, false},
    {"answer", AT(answer), false, false},
    {"place", AT(place), false, false},
    {"ended", AT(ended), false, false},
};
enum { ROWS = sizeof rows / sizeof *rows, LONGEST_NUMBER = 15 };

static struct secret *secret_at(struct login_kept *kept, const struct row *row) {
    return (struct secret *)(void *)((char *)kept + row->offset);
}

static int64_t *number_at(struct login_kept *kept, const struct row *row) {
    return (int64_t *)(void *)((char *)kept + row->offset);
}

void login_kept_wipe(struct login_kept *kept) {
    for (size_t i = 0; i < ROWS; i++)
        if (!rows[i].number)
            secret_wipe(secret_at(kept, &rows[i]));
    *kept = (struct login_kept){0};
}

void login_text_write(const struct login_kept *kept, struct buf *out) {
    struct login_kept *read = (struct login_kept *)(uintptr_t)kept;
    for (size_t i = 0; i < ROWS; i++) {
        const struct secret *secret = secret_at(read, &rows[i]);
        char number[32];
        struct bytes value = {number, 0};
        if (rows[i].number)
            value.n = (size_t)snprintf(number, sizeof number, "%lld",
                                       (long long)*number_at(read, &rows[i]));
        else if (secret->s)
            value = (struct bytes){secret->s, secret->n};
        else
            continue;
        wiped_add(out, rows[i].name, strlen(rows[i].name));
        wiped_add(out, " ", 1);
        wiped_add(out, value.s, value.n);
        wiped_add(out, "\n", 1);
    }
}

static bool is_one_line(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.s[i] < 0x20 || value.s[i] == 0x7f)
            return false;
    return value.n > 0;
}

static bool take_number(struct bytes value, int64_t *number) {
    if (!value.n || value.n > LONGEST_NUMBER)
        return false;
    *number = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.s[i] < '0' || value.s[i] > '9')
            return false;
        *number = *number * 10 + (value.s[i] - '0');
    }
    return true;
}

static bool take(struct login_kept *kept, struct bytes line, unsigned *seen) {
    struct bytes value, name = bytes_before(line, ' ', &value);
    size_t i = 0;
    while (i < ROWS && !bytes_equal(name, bytes_of(rows[i].name)))
        i++;
    if (i == ROWS || *seen >> i & 1 || !value.s)
        return false;
    *seen |= 1u << i;
    if (rows[i].number)
        return take_number(value, number_at(kept, &rows[i]));
    if (rows[i].token ? !secret_is_usable(value.s, value.n) : !is_one_line(value))
        return false;
    *secret_at(kept, &rows[i]) = secret_copy(value.s, value.n);
    return true;
}

static bool has_answer(const struct login_kept *kept) {
    if (!kept->answer.s || !kept->answer.n)
        return false;
    struct arena *arena = arena_new();
    struct bytes text = {kept->answer.s, kept->answer.n};
    json_t *json = login_answer_is_form(kept->answer.s)
                       ? login_form_read(arena, text)
                       : json_loadb(text.s, text.n, JSON_REJECT_DUPLICATES, NULL);
    bool right = json_is_object(json);
    json_decref(json);
    arena_free(arena);
    return right;
}

bool login_text_read(const char *text, size_t n, struct login_kept *kept) {
    struct bytes rest = {text, n};
    unsigned seen = 0;
    bool right = n > 0 && text[n - 1] == '\n';
    *kept = (struct login_kept){0};
    while (right && rest.n) {
        struct bytes line = bytes_before(rest, '\n', &rest);
        right = take(kept, line, &seen);
    }
    right = right && kept->token[LOGIN_ACCESS].s && kept->place.s && has_answer(kept);
    if (!right)
        login_kept_wipe(kept);
    return right;
}
