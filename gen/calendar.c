#include "calendar.h"

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

struct date calendar_date(time_t seconds) {
    struct tm tm;
    if (!gmtime_r(&seconds, &tm))
        return (struct date){1970, 1, 1};
    return (struct date){(uint16_t)(tm.tm_year + 1900), (uint8_t)(tm.tm_mon + 1),
                         (uint8_t)tm.tm_mday};
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
