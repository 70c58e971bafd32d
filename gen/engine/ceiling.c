#include "engine/ceiling.h"
#include "base/calendar.h"

#include <stdlib.h>

struct ceiling *ceiling_ref(struct ceiling *ceiling) {
    ceiling->references++;
    return ceiling;
}

void ceiling_unref(struct ceiling *ceiling) {
    if (!ceiling || --ceiling->references)
        return;
    free(ceiling->whose);
    free(ceiling->identity);
    free(ceiling->together);
    free(ceiling);
}

/* What is left in the window that it is now. */
static uint64_t left(struct ceiling *ceiling, int64_t now) {
    int64_t window = now / ceiling->seconds;
    if (window != ceiling->window) {
        ceiling->window = window;
        ceiling->used = 0;
    }
    return (uint64_t)(ceiling->count - ceiling->used);
}

int64_t ceiling_opens(const struct ceiling *ceiling) {
    return (ceiling->window + 1) * ceiling->seconds;
}

bool ceiling_fits(struct ceiling *ceiling, int64_t now, uint64_t n) {
    return n <= left(ceiling, now);
}

void ceiling_spend(struct ceiling *ceiling, int64_t now, uint64_t n) {
    ceiling->used = n < left(ceiling, now) ? ceiling->used + (int64_t)n : ceiling->count;
}

bool ceiling_takes(struct ceiling *ceiling, int64_t now, uint64_t n) {
    bool fits = ceiling_fits(ceiling, now, n);
    ceiling_spend(ceiling, now, n);
    return fits;
}

struct ceiling *ceilings_full(const struct ceiling_set *ceilings, int64_t now, uint64_t length,
                              bool peeks) {
    struct ceiling *full = NULL, *requests = ceilings->v[CEILING_REQUESTS];
    for (int kind = 0; kind < CEILING_KINDS; kind++) {
        struct ceiling *one = ceilings->v[kind];
        if (!one)
            continue;
        uint64_t room = left(one, now);
        if (room && (kind != CEILING_BYTES || length <= room))
            continue;
        if (!full || ceiling_opens(one) > ceiling_opens(full))
            full = one;
    }
    if (!full && requests && !peeks)
        ceiling_spend(requests, now, 1);
    return full;
}

static const char *words(const struct ceiling *ceiling, struct arena *arena) {
    static const char *const names[] = {"request", "byte", "token"};
    const char *each = ceiling->seconds == 1      ? "a second"
                       : ceiling->seconds == 60   ? "a minute"
                       : ceiling->seconds == 3600 ? "an hour"
                                                  : "a day";
    return arena_printf(arena, "%lld %s%s %s", (long long)ceiling->count, names[ceiling->kind],
                        ceiling->count == 1 ? "" : "s", each);
}

static const char *why(const struct ceiling *ceiling, const char *what, struct arena *arena) {
    what = what ? what : "what is under way";
    if (ceiling->kind == CEILING_REQUESTS)
        return arena_printf(arena, "%s is one more", what);
    return arena_printf(arena, "too few are left for %s", what);
}

const char *ceiling_reason(const struct ceiling *ceiling, const char *what, struct arena *arena) {
    int64_t opens = ceiling_opens(ceiling), second = opens % 86400;
    struct date day = calendar_date((time_t)opens);
    return arena_printf(arena,
                        "%s lets %s through, and %s; it opens again at %04u-%02u-%02u "
                        "%02d:%02d:%02d UTC",
                        ceiling->whose, words(ceiling, arena), why(ceiling, what, arena), day.year,
                        day.month, day.day, (int)(second / 3600), (int)(second / 60 % 60),
                        (int)(second % 60));
}
