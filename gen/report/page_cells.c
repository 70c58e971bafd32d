/* What stands in a cell. */
#include "report/report_private.h"

#include <stdio.h>
#include <string.h>

enum { COUNT_TEXT = 32 };

void page_count(struct html *h, uint64_t n) {
    char digits[COUNT_TEXT], grouped[2 * COUNT_TEXT], *to = grouped;
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    html_text(h, (struct text){grouped});
}

static void text(struct html *h, const char *s) {
    html_text(h, (struct text){s});
}

static void code(struct html *h, const char *s) {
    html_open(h, "code");
    text(h, s);
    html_close(h);
}

void cell_first_word(const struct row *row, struct html *h) {
    code(h, row->words[0]);
}
void cell_second_word(const struct row *row, struct html *h) {
    text(h, row->words[1]);
}
void cell_third_word(const struct row *row, struct html *h) {
    text(h, row->words[2]);
}
void cell_fourth_word(const struct row *row, struct html *h) {
    code(h, row->words[3]);
}
void cell_fifth_word(const struct row *row, struct html *h) {
    text(h, row->words[4]);
}

/* words: scheme, host, port. */
static void place(struct html *h, const char *const *words) {
    bool usual = (strcmp(words[0], "https") == 0 && strcmp(words[2], "443") == 0) ||
                 (strcmp(words[0], "http") == 0 && strcmp(words[2], "80") == 0);
    text(h, words[0]);
    if (*words[0])
        html_own(h, "://");
    text(h, words[1]);
    if (*words[2] && !usual) {
        html_own(h, ":");
        text(h, words[2]);
    }
}

void cell_host(const struct row *row, struct html *h) {
    html_open(h, "code");
    place(h, row->words);
    html_close(h);
}

void cell_request(const struct row *row, struct html *h) {
    html_open(h, "code");
    text(h, row->words[0]);
    html_own(h, " ");
    place(h, row->words + 1);
    text(h, row->words[4]);
    html_close(h);
}

void cell_reason(const struct row *row, struct html *h) {
    text(h, row->words[5]);
}

void cell_allows(const struct row *row, struct html *h) {
    if (*row->words[6])
        code(h, row->words[6]);
    else
        html_own(h, "no rule");
}

void cell_few(const struct row *row, struct html *h) {
    for (size_t i = 0; i < row->few_count; i++) {
        if (i)
            html_own(h, ", ");
        text(h, row->few[i]);
    }
    if (row->more_than_few)
        html_own(h, ", \xe2\x80\xa6");
}

void cell_sent(const struct row *row, struct html *h) {
    page_count(h, row->sent);
}
void cell_received(const struct row *row, struct html *h) {
    page_count(h, row->received);
}
void cell_how_often(const struct row *row, struct html *h) {
    page_count(h, row_total(row));
}

static void time_text(struct html *h, const char *time) {
    char shown[DECISIONS_TIME];
    memcpy(shown, time, DECISIONS_TIME);
    if (shown[0])
        shown[10] = ' ';
    text(h, shown);
}
void cell_first_time(const struct row *row, struct html *h) {
    time_text(h, row->first);
}
void cell_last_time(const struct row *row, struct html *h) {
    time_text(h, row->last);
}
