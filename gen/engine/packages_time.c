/* When packages were published: RFC 3339. */
#include "base/calendar.h"
#include "engine/packages_private.h"

#include <ctype.h>
#include <string.h>

/* As many digits, or -1. */
static int digits(const char **s, size_t n) {
    int value = 0;
    for (size_t i = 0; i < n; i++, (*s)++) {
        if (!isdigit((unsigned char)**s))
            return -1;
        value = value * 10 + (**s - '0');
    }
    return value;
}

static bool mark(const char **s, const char *marks) {
    bool is = **s && strchr(marks, **s);
    *s += is;
    return is;
}

/* In seconds; false: there is none at s, or something behind it. */
static bool read_offset(const char *s, int *offset) {
    int sign = *s == '-' ? -1 : 1;
    *offset = 0;
    if (mark(&s, "Zz"))
        return !*s;
    if (!mark(&s, "+-"))
        return false;
    int hours = digits(&s, 2);
    if (hours < 0 || hours > 23 || !mark(&s, ":"))
        return false;
    int minutes = digits(&s, 2);
    *offset = sign * (hours * 60 + minutes) * 60;
    return minutes >= 0 && minutes <= 59 && !*s;
}

/* The calendar's own years begin in March here, so that the day of a leap year is their last. */
static int64_t days_since_1970(int year, int month, int day) {
    int64_t y = month > 2 ? year : year - 1;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

int64_t packages_instant(const char *text) {
    static const struct {
        size_t digits;
        const char *behind;
    } parts[] = {{4, "-"}, {2, "-"}, {2, "Tt"}, {2, ":"}, {2, ":"}, {2, NULL}};
    int v[6], offset;
    const char *s = text;
    for (size_t i = 0; i < 6; i++) {
        v[i] = s ? digits(&s, parts[i].digits) : -1;
        if (v[i] < 0 || (parts[i].behind && !mark(&s, parts[i].behind)))
            return PUBLISHED_UNKNOWN;
    }
    if (mark(&s, ".")) {
        size_t n = strspn(s, "0123456789");
        if (!n)
            return PUBLISHED_UNKNOWN;
        s += n;
    }
    if (v[0] < 1970 || !calendar_exists(v[0], v[1], v[2]) || v[3] > 23 || v[4] > 59 || v[5] > 60 ||
        !read_offset(s, &offset))
        return PUBLISHED_UNKNOWN;
    return days_since_1970(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5] - offset;
}
