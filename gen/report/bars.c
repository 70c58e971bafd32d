/* When something was asked: bars that become wider as the time does that they show. */
#include "report/report_private.h"

#include <string.h>
#include <time.h>

bool time_of(const json_t *line, char time[DECISIONS_TIME]) {
    static const char form[] = "0000-00-00T00:00:00";
    const char *text = json_string_value(json_object_get(line, "time"));
    *time = '\0';
    for (size_t i = 0; i + 1 < sizeof form; i++)
        if (!text || (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]))
            return false;
    memcpy(time, text, DECISIONS_TIME - 1);
    time[DECISIONS_TIME - 1] = '\0';
    return true;
}

static int64_t number(const char *digits, size_t n) {
    int64_t value = 0;
    while (n--)
        value = value * 10 + (*digits++ - '0');
    return value;
}

/* Days since 1970-01-01 in the Gregorian calendar, of any day and month that digits can say: in
 * years that begin with March, as many days as 153 in each five months. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year += month > 2 ? 0 : -1;
    int64_t months = (month + 9) % 12;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * months + 2) / 5 + day - 719469;
}

static int64_t minute_of(const char *time) {
    int64_t days = days_of(number(time, 4), number(time + 5, 2), number(time + 8, 2));
    return days * 24 * 60 + number(time + 11, 2) * 60 + number(time + 14, 2);
}

static int64_t bar_of(int64_t minute, uint64_t width) { /* rounded down */
    int64_t w = (int64_t)width;
    return minute >= 0 ? minute / w : -((-minute + w - 1) / w);
}

static void widen(struct bars *bars) {
    uint64_t count[BARS][VERDICTS] = {0};
    int64_t first = bar_of(bars->first, 2);
    size_t n = 0;
    for (size_t i = 0; i < bars->n; i++) {
        n = (size_t)(bar_of(bars->first + (int64_t)i, 2) - first);
        for (size_t k = 0; k < VERDICTS; k++)
            count[n][k] += bars->count[i][k];
    }
    memcpy(bars->count, count, sizeof count);
    bars->first = first;
    bars->n = n + 1;
    bars->width *= 2;
}

void bars_narrow(struct bars *bars, size_t most) {
    while (bars->n > most)
        widen(bars);
}

static bool fits(const struct bars *bars, int64_t bar) {
    int64_t first = bar < bars->first ? bar : bars->first;
    int64_t end = bars->first + (int64_t)bars->n;
    return (bar < end ? end : bar + 1) - first <= BARS;
}

void bars_add(struct bars *bars, const char time[DECISIONS_TIME], enum verdict verdict) {
    int64_t minute = minute_of(time);
    if (!bars->width)
        *bars = (struct bars){.first = minute, .width = 1, .n = 1};
    while (!fits(bars, bar_of(minute, bars->width)))
        widen(bars);
    int64_t bar = bar_of(minute, bars->width);
    if (bar < bars->first) {
        size_t more = (size_t)(bars->first - bar);
        memmove(bars->count[more], bars->count[0], bars->n * sizeof *bars->count);
        memset(bars->count[0], 0, more * sizeof *bars->count);
        bars->first = bar;
        bars->n += more;
    }
    size_t at = (size_t)(bar - bars->first);
    if (at >= bars->n)
        bars->n = at + 1;
    bars->count[at][verdict]++;
}

void bars_time(const struct bars *bars, size_t bar, char text[DECISIONS_TIME]) {
    time_t seconds = (time_t)((bars->first + (int64_t)bar) * (int64_t)bars->width * 60);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    strftime(text, DECISIONS_TIME, "%Y-%m-%d %H:%M", &utc);
}
