#ifndef REPORT_PRIVATE_H
#define REPORT_PRIVATE_H

#include "base/arena.h"
#include "report/report.h"
#include "write/write_html.h"

#include <stdint.h>

enum verdict { ALLOWED, REFUSED, AUDITED, VERDICTS };

/* -- rows that are found by their words -- */

enum { ROW_WORDS = 7, ROW_FEW = 6 };

struct row {
    const char *words[ROW_WORDS]; /* "" where there is none */
    uint64_t count[VERDICTS], sent, received;
    char first[DECISIONS_TIME], last[DECISIONS_TIME]; /* or empty */
    const char *few[ROW_FEW];                         /* what else was seen of it, each once */
    size_t few_count;
    bool more_than_few;
};

struct table {
    size_t most; /* rows */
    struct row *v;
    size_t n, room;
    size_t *slots, slot_count; /* open addressing: a row's number and 1 */
    uint64_t left_out;         /* lines whose row found no room */
};

void table_clear(struct table *table);
/* The one with these words, which are copied where it is new; NULL where there is no room for it.
 * Valid until the next call. */
struct row *table_row(struct table *table, struct arena *arena, const char *const words[ROW_WORDS]);
uint64_t row_total(const struct row *row);
void row_time(struct row *row, const char *time);
void row_few(struct row *row, struct arena *arena, const char *what);
/* Its rows by which() and then by their words; the caller frees the list. */
const struct row **table_sorted(const struct table *table, uint64_t (*which)(const struct row *));

/* -- when -- */

enum { BARS = 512, BARS_SHOWN = 96 };

struct bars {
    int64_t first;  /* the number of the first bar, counted from 1970 */
    uint64_t width; /* minutes; 0: there are none */
    size_t n;
    uint64_t count[BARS][VERDICTS];
};

/* The time of a line, its first 19 characters; false: it has none. */
bool time_of(const json_t *line, char time[DECISIONS_TIME]);
void bars_add(struct bars *bars, const char time[DECISIONS_TIME], enum verdict verdict);
/* Until there are no more than so many. */
void bars_narrow(struct bars *bars, size_t most);
/* Of the bar with this number, when it begins: "2026-01-31 12:00". */
void bars_time(const struct bars *bars, size_t bar, char text[DECISIONS_TIME]);

/* -- all of it -- */

/* What the words of each one's rows are. */
enum {
    HOSTS,       /* scheme, host, port; few: methods */
    RULES,       /* number, owner; few: hosts */
    CREDENTIALS, /* name; few: hosts */
    REFUSALS,    /* method, scheme, host, port, path, reason, what would allow it */
    GRANTS,      /* id; few: hosts */
    TOOLS,       /* of MCP: name, host */
    SESSIONS,    /* id, operator, command; few: how it ended */
    SSH,         /* what, host, user, key, why not */
    NAMES,       /* that were looked up */
    PACKETS,     /* that the firewall refused: protocol, address, port */
    EVENTS,      /* the rest: event, host, what it says */
    TABLES
};

struct report {
    char since[DECISIONS_TIME], until[DECISIONS_TIME];
    struct decisions_tally tally;
    struct arena *arena;
    char first[DECISIONS_TIME], last[DECISIONS_TIME]; /* of the lines that count */
    char *sandbox;                                    /* or NULL */
    uint64_t count[VERDICTS], untold, outside;        /* outside: of the time that is meant */
    struct bars bars;
    struct table tables[TABLES];
};

void report_line(const json_t *line, const char *other, void *report);

/* The page's parts. */
void page_count(struct html *h, uint64_t n); /* 1,234 */
/* What of a row is told. */
void cell_first_word(const struct row *row, struct html *h);
void cell_second_word(const struct row *row, struct html *h);
void cell_third_word(const struct row *row, struct html *h);
void cell_fourth_word(const struct row *row, struct html *h);
void cell_fifth_word(const struct row *row, struct html *h);
void cell_host(const struct row *row, struct html *h);
void cell_request(const struct row *row, struct html *h);
void cell_reason(const struct row *row, struct html *h);
void cell_allows(const struct row *row, struct html *h);
void cell_few(const struct row *row, struct html *h);
void cell_sent(const struct row *row, struct html *h);
void cell_received(const struct row *row, struct html *h);
void cell_how_often(const struct row *row, struct html *h);
void cell_first_time(const struct row *row, struct html *h);
void cell_last_time(const struct row *row, struct html *h);
/* A table, its caption, and its head: these columns, then one for each verdict. */
void page_table_open(struct html *h, const char *caption, const char *const columns[]);
void page_table_close(struct html *h);
void page_links(const struct report *report, struct html *h);
void page_time(const struct report *report, struct html *h);
void page_tables(const struct report *report, struct html *h);

#endif
