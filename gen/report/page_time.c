/* When it was asked: bars, and the same as a table for whoever sees none. */
#include "report/report_private.h"

enum { WIDTH = 960, HEIGHT = 160, FOOT = 4 };

static const char *const classes[VERDICTS] = {"allowed", "refused", "audited"};
static const char *const words[VERDICTS] = {"allowed", "refused", "let pass by audit"};

static uint64_t bar_total(const struct bars *bars, size_t bar) {
    return bars->count[bar][ALLOWED] + bars->count[bar][REFUSED] + bars->count[bar][AUDITED];
}

static void rectangle(struct html *h, const char *class, uint64_t x, uint64_t y, uint64_t width,
                      uint64_t height) {
    html_open(h, "rect");
    html_attribute_(h, "class", class);
    html_attribute_uint(h, "x", x);
    html_attribute_uint(h, "y", y);
    html_attribute_uint(h, "width", width);
    html_attribute_uint(h, "height", height);
    html_close_void(h);
}

/* What is there is seen, be it one of a million. */
static uint64_t high(uint64_t n, uint64_t most) {
    uint64_t height = n * (HEIGHT - FOOT) / most;
    return n && height < 2 ? 2 : height;
}

static void draw(const struct bars *bars, struct html *h) {
    uint64_t most = 1, width = WIDTH / bars->n ? WIDTH / bars->n : 1;
    for (size_t i = 0; i < bars->n; i++)
        most = bar_total(bars, i) > most ? bar_total(bars, i) : most;
    html_open(h, "svg");
    html_attribute(h, "viewBox", "0 0 960 160");
    html_attribute(h, "role", "img");
    html_attribute(h, "aria-label", "Requests over time; the table below has the numbers");
    for (size_t i = 0; i < bars->n; i++) {
        uint64_t y = HEIGHT;
        for (size_t k = 0; k < VERDICTS; k++) {
            uint64_t height = high(bars->count[i][k], most);
            if (!height)
                continue;
            y = y > height ? y - height : 0;
            rectangle(h, classes[k], i * WIDTH / bars->n, y, width > 2 ? width - 1 : width, height);
        }
    }
    html_close(h);
}

static void cell(struct html *h, uint64_t n) {
    html_open(h, "td");
    html_attribute(h, "class", "number");
    page_count(h, n);
    html_close(h);
}

static void numbers(const struct bars *bars, struct html *h) {
    html_open(h, "details");
    html_open(h, "summary");
    html_own(h, "The numbers");
    html_close(h);
    page_table_open(h, "Requests over time", (const char *const[]){"from", NULL});
    for (size_t i = 0; i < bars->n; i++) {
        char time[DECISIONS_TIME];
        if (!bar_total(bars, i))
            continue;
        bars_time(bars, i, time);
        html_open(h, "tr");
        html_open(h, "td");
        html_attribute(h, "class", "time");
        html_text(h, (struct text){time});
        html_close(h);
        for (size_t k = 0; k < VERDICTS; k++)
            cell(h, bars->count[i][k]);
        html_close(h);
    }
    page_table_close(h);
    html_close(h);
}

static void put_width(uint64_t minutes, struct html *h) {
    html_own(h, "\xc2\xb7 a bar is ");
    if (minutes >= 60) {
        page_count(h, minutes / 60);
        html_own(h, " h ");
    }
    page_count(h, minutes % 60);
    html_own(h, " min");
}

static void legend(const struct bars *bars, struct html *h) {
    char time[DECISIONS_TIME];
    html_open(h, "figcaption");
    html_open(h, "span");
    bars_time(bars, 0, time);
    html_text(h, (struct text){time});
    html_close(h);
    html_open(h, "span");
    for (size_t k = 0; k < VERDICTS; k++) {
        html_open(h, "span");
        html_attribute_(h, "class", classes[k]);
        html_own(h, "\xe2\x96\xa0 ");
        html_own_(h, words[k]);
        html_close(h);
        html_own(h, " ");
    }
    put_width(bars->width, h);
    html_close(h);
    html_open(h, "span");
    bars_time(bars, bars->n, time);
    html_text(h, (struct text){time});
    html_close(h);
    html_close(h);
}

void page_time(const struct report *report, struct html *h) {
    struct bars bars = report->bars;
    if (!bars.n)
        return;
    bars_narrow(&bars, BARS_SHOWN);
    html_open(h, "section");
    html_attribute(h, "aria-labelledby", "time");
    html_open(h, "h2");
    html_attribute(h, "id", "time");
    html_own(h, "When");
    html_close(h);
    html_open(h, "figure");
    draw(&bars, h);
    legend(&bars, h);
    html_close(h);
    numbers(&bars, h);
    html_close(h);
}
