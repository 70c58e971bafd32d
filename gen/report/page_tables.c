/* A table for each kind of thing that was seen. */
#include "report/report_private.h"

#include <stdio.h>
#include <stdlib.h>

/* ROWS_AT_ONCE: more are a click away. */
enum { ROWS_AT_ONCE = 20, ROWS_SHOWN = 500, COLUMNS = 8 };

/* -- the tables -- */

enum cell_class { WORDS, NUMBER, TIME };

struct column {
    const char *head;
    enum cell_class class;
    void (*cell)(const struct row *row, struct html *h);
};

static const struct section {
    size_t table;
    const char *id, *title, *about;
    bool verdicts; /* three columns more: how many of each */
    struct column columns[COLUMNS];
} sections[] = {
    {REFUSALS,
     "refusals",
     "Refused",
     "What no rule let pass, the most frequent first, and the rule that would let it pass: for "
     "the spec, if that is what you want",
     false,
     {{"times", NUMBER, cell_how_often},
      {"request", WORDS, cell_request},
      {"why", WORDS, cell_reason},
      {"would allow it", WORDS, cell_allows},
      {"last", TIME, cell_last_time}}},
    {HOSTS,
     "hosts",
     "Hosts",
     "Whom it asked, and what went there and came back, in bytes",
     true,
     {{"host", WORDS, cell_host},
      {"methods", WORDS, cell_few},
      {"sent", NUMBER, cell_sent},
      {"received", NUMBER, cell_received},
      {"last", TIME, cell_last_time}}},
    {CREDENTIALS,
     "credentials",
     "Credentials and logins",
     "Which secret went into how many requests, by its name, and to whom",
     true,
     {{"credential", WORDS, cell_first_word},
      {"hosts", WORDS, cell_few},
      {"first", TIME, cell_first_time},
      {"last", TIME, cell_last_time}}},
    {GRANTS,
     "grants",
     "Grants",
     "What operators let pass while it ran",
     true,
     {{"grant", WORDS, cell_first_word},
      {"hosts", WORDS, cell_few},
      {"first", TIME, cell_first_time},
      {"last", TIME, cell_last_time}}},
    {TOOLS,
     "tools",
     "Tools of MCP servers",
     "Which tools were called, and where",
     true,
     {{"tool", WORDS, cell_first_word},
      {"hosts", WORDS, cell_few},
      {"last", TIME, cell_last_time}}},
    {RULES,
     "rules",
     "Rules",
     "By which rule it passed, by its number in the policy",
     true,
     {{"rule", WORDS, cell_first_word},
      {"owner", WORDS, cell_second_word},
      {"hosts", WORDS, cell_few},
      {"last", TIME, cell_last_time}}},
    {SESSIONS,
     "sessions",
     "Sessions",
     "Who started what inside",
     false,
     {{"session", WORDS, cell_first_word},
      {"operator", WORDS, cell_second_word},
      {"command", WORDS, cell_third_word},
      {"ended with", WORDS, cell_few},
      {"first", TIME, cell_first_time},
      {"last", TIME, cell_last_time}}},
    {SSH,
     "ssh",
     "Logins and signatures by ssh",
     "What the ssh-agent of an operator was asked for",
     true,
     {{"asked", WORDS, cell_first_word},
      {"host", WORDS, cell_second_word},
      {"user", WORDS, cell_third_word},
      {"key", WORDS, cell_fourth_word},
      {"why not", WORDS, cell_fifth_word},
      {"last", TIME, cell_last_time}}},
    {PACKETS,
     "packets",
     "Refused by the firewall",
     "What went past the proxy, and did not get far",
     false,
     {{"times", NUMBER, cell_how_often},
      {"protocol", WORDS, cell_first_word},
      {"address", WORDS, cell_second_word},
      {"port", WORDS, cell_third_word}}},
    {NAMES,
     "names",
     "Names",
     "What programs that know no proxy looked up",
     false,
     {{"times", NUMBER, cell_how_often},
      {"name", WORDS, cell_first_word},
      {"last", TIME, cell_last_time}}},
    {EVENTS,
     "events",
     "What else happened",
     "Starts, new policies, errors",
     false,
     {{"times", NUMBER, cell_how_often},
      {"event", WORDS, cell_first_word},
      {"host", WORDS, cell_second_word},
      {"what", WORDS, cell_third_word},
      {"first", TIME, cell_first_time},
      {"last", TIME, cell_last_time}}},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static const char *const class_words[] = {"words", "number", "time"};
static const char *const verdict_words[VERDICTS] = {"allowed", "refused", "audit"};

static void head_cell(struct html *h, const char *word, const char *class) {
    html_open(h, "th");
    html_attribute(h, "scope", "col");
    html_attribute_(h, "class", class);
    html_own_(h, word);
    html_close(h);
}

/* A keyboard must be able to move what is wider than the window. */
static void open_table(struct html *h, const char *caption) {
    html_open(h, "div");
    html_attribute(h, "class", "wide");
    html_attribute(h, "role", "region");
    html_attribute(h, "tabindex", "0");
    html_attribute_(h, "aria-label", caption);
    html_open(h, "table");
    html_open(h, "caption");
    html_own_(h, caption);
    html_close(h);
    html_open(h, "thead");
    html_open(h, "tr");
}

static void end_head(struct html *h, bool verdicts) {
    for (size_t k = 0; verdicts && k < VERDICTS; k++)
        head_cell(h, verdict_words[k], "number");
    html_close(h);
    html_close(h);
    html_open(h, "tbody");
}

void page_table_open(struct html *h, const char *caption, const char *const columns[]) {
    open_table(h, caption);
    for (; *columns; columns++)
        head_cell(h, *columns, "words");
    end_head(h, true);
}

void page_table_close(struct html *h) {
    html_close(h);
    html_close(h);
    html_close(h);
}

static void put_row(const struct section *section, const struct row *row, struct html *h) {
    html_open(h, "tr");
    for (size_t i = 0; i < COLUMNS && section->columns[i].cell; i++) {
        html_open(h, "td");
        html_attribute_(h, "class", class_words[section->columns[i].class]);
        section->columns[i].cell(row, h);
        html_close(h);
    }
    for (size_t k = 0; section->verdicts && k < VERDICTS; k++) {
        html_open(h, "td");
        html_attribute(h, "class", "number");
        page_count(h, row->count[k]);
        html_close(h);
    }
    html_close(h);
}

static void put_rest(const struct table *table, struct html *h) {
    if (table->n <= ROWS_SHOWN && !table->left_out)
        return;
    html_open(h, "p");
    if (table->n > ROWS_SHOWN) {
        page_count(h, table->n - ROWS_SHOWN);
        html_own(h, " more are not shown. ");
    }
    if (table->left_out) {
        page_count(h, table->left_out);
        html_own(h, " lines were of others still, which are not counted here.");
    }
    html_close(h);
}

static void put_rows(const struct section *section, const char *about,
                     const struct row *const *rows, size_t n, struct html *h) {
    open_table(h, about);
    for (size_t i = 0; i < COLUMNS && section->columns[i].cell; i++)
        head_cell(h, section->columns[i].head, class_words[section->columns[i].class]);
    end_head(h, section->verdicts);
    for (size_t i = 0; i < n; i++)
        put_row(section, rows[i], h);
    page_table_close(h);
}

static void put_section(const struct report *report, const struct section *section,
                        struct html *h) {
    const struct table *table = &report->tables[section->table];
    const struct row **rows = table_sorted(table, row_total);
    size_t n = table->n < ROWS_SHOWN ? table->n : ROWS_SHOWN;
    char rest[64]; /* regions of a page have names of their own */
    size_t first = n > ROWS_AT_ONCE + ROWS_AT_ONCE / 2 ? ROWS_AT_ONCE : n;
    html_open(h, "section");
    html_attribute_(h, "aria-labelledby", section->id);
    html_open(h, "h2");
    html_attribute_(h, "id", section->id);
    html_own_(h, section->title);
    html_close(h);
    put_rows(section, section->about, rows, first, h);
    if (n > first) {
        html_open(h, "details");
        html_open(h, "summary");
        page_count(h, n - first);
        html_own(h, " more");
        html_close(h);
        snprintf(rest, sizeof rest, "%s, the rest", section->title);
        put_rows(section, rest, rows + first, n - first, h);
        html_close(h);
    }
    put_rest(table, h);
    html_close(h);
    free(rows);
}

void page_tables(const struct report *report, struct html *h) {
    for (size_t i = 0; i < SECTIONS; i++)
        if (report->tables[sections[i].table].n)
            put_section(report, &sections[i], h);
}

static void link_to(struct html *h, const char *id, const char *title) {
    struct buf target BUF_CLEANUP = {0};
    buf_lit(&target, "#");
    buf_name(&target, (struct name){id});
    html_open(h, "li");
    html_open(h, "a");
    html_attribute_(h, "href", target.data);
    html_own_(h, title);
    html_close(h);
    html_close(h);
}

void page_links(const struct report *report, struct html *h) {
    html_open(h, "nav");
    html_attribute(h, "aria-label", "On this page");
    html_open(h, "ul");
    for (size_t i = 0; i < SECTIONS; i++)
        if (report->tables[sections[i].table].n)
            link_to(h, sections[i].id, sections[i].title);
    link_to(h, "log", "The log");
    html_close(h);
    html_close(h);
}
