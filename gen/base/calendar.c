#include "base/calendar.h"

#include <errno.h>
#include <stdlib.h>

bool calendar_exists(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && leap);
}

time_t calendar_now(void) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    if (epoch && *epoch) {
        char *end;
        errno = 0;
        long long seconds = strtoll(epoch, &end, 10);
        if (!errno && !*end && seconds >= 0)
            return (time_t)seconds;
    }
    return time(NULL);
}

/* Years that begin in March end with the day that leap years add, so the months before are always
 * the same: 153 days for every five of them. By hand, because gmtime_r reads /etc/localtime, which
 * is much of what seeing that nothing has changed costs. */
struct date calendar_date(time_t seconds) {
    enum { DAY = 86400, CENTURIES_4 = 146097, FROM_YEAR_0 = 719468 };
    if (seconds < 0 || seconds / DAY > (UINT16_MAX - 1970) * 365)
        return (struct date){1970, 1, 1};
    unsigned days = (unsigned)(seconds / DAY) + FROM_YEAR_0;
    unsigned era = days / CENTURIES_4, day = days % CENTURIES_4;
    unsigned year = (day - day / 1460 + day / 36524 - day / (CENTURIES_4 - 1)) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* 0 is March */
    bool next = month >= 10;
    return (struct date){(uint16_t)(era * 400 + year + next), (uint8_t)(month + (next ? -9u : 3u)),
                         (uint8_t)(day - (153 * month + 2) / 5 + 1)};
}

int calendar_compare(struct date a, struct date b) {
    int days_a = (a.year * 16 + a.month) * 32 + a.day,
        days_b = (b.year * 16 + b.month) * 32 + b.day;
    return days_a - days_b;
}

struct date calendar_earlier(struct date a, struct date b) {
    if (!a.year || !b.year)
        return a.year ? a : b;
    return calendar_compare(a, b) <= 0 ? a : b;
}
