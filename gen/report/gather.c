/* From the lines of a log to what the page says. */
#include "base/die.h"
#include "report/report_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 10000, PORT_TEXT = 24 };

/* What of one line is told. */
struct event {
    struct report *report;
    const json_t *line;
    const char *name, *host;
    char time[DECISIONS_TIME], port[PORT_TEXT];
};

struct report *report_new(const char *since, const char *until) {
    struct report *report = must_alloc(sizeof *report);
    *report = (struct report){.arena = arena_new()};
    snprintf(report->since, sizeof report->since, "%s", since ? since : "");
    snprintf(report->until, sizeof report->until, "%s", until ? until : "");
    for (size_t i = 0; i < TABLES; i++)
        report->tables[i].most = MOST_ROWS;
    return report;
}

void report_free(struct report *report) {
    if (!report)
        return;
    for (size_t i = 0; i < TABLES; i++)
        table_clear(&report->tables[i]);
    arena_free(report->arena);
    free(report->sandbox);
    free(report);
}

const struct decisions_tally *report_tally(const struct report *report) {
    return &report->tally;
}

const char *report_read(struct report *report, int descriptor) {
    struct decisions_tally tally = {0};
    const char *why = decisions_lines(descriptor, report_line, report, &tally);
    report->tally.lines += tally.lines;
    report->tally.decisions += tally.decisions;
    report->tally.unread += tally.unread;
    return why;
}

/* -- of one line -- */

static const char *text_of(const json_t *line, const char *key) {
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static uint64_t number_of(const json_t *line, const char *key) {
    json_int_t number = json_integer_value(json_object_get(line, key));
    return number > 0 ? (uint64_t)number : 0;
}

/* One with these words, and the time of this line. */
static struct row *row_of(const struct event *event, size_t table,
                          const char *const words[ROW_WORDS]) {
    struct report *report = event->report;
    struct row *row = table_row(&report->tables[table], report->arena, words);
    if (row && *event->time)
        row_time(row, event->time);
    return row;
}

/* few: something else that was seen of it, or NULL. */
static void add(const struct event *event, size_t table, enum verdict verdict, const char *few,
                const char *const words[ROW_WORDS]) {
    struct row *row = row_of(event, table, words);
    if (row)
        row->count[verdict]++;
    if (row && few && *few)
        row_few(row, event->report->arena, few);
}

/* -- decisions -- */

static enum verdict verdict_of(const json_t *line) {
    const char *verdict = text_of(line, "verdict");
    if (strcmp(verdict, "allow") == 0)
        return ALLOWED;
    return strcmp(verdict, "audit") == 0 ? AUDITED : REFUSED;
}

static void add_refusal(const struct event *event, enum verdict verdict) {
    const json_t *line = event->line, *missing = json_object_get(line, "missing");
    char *allows CHAR_CLEANUP =
        json_is_object(missing) ? json_dumps(missing, JSON_ENSURE_ASCII) : NULL;
    add(event, REFUSALS, verdict, NULL,
        (const char *[ROW_WORDS]){text_of(line, "method"), text_of(line, "scheme"), event->host,
                                  event->port, text_of(line, "path"), text_of(line, "reason"),
                                  allows ? allows : ""});
}

/* Each text of a list, or the one that stands in its place. */
static void add_each(const struct event *event, const char *key, size_t table,
                     enum verdict verdict) {
    const json_t *value = json_object_get(event->line, key), *item;
    size_t i;
    if (json_is_string(value))
        add(event, table, verdict, event->host,
            (const char *[ROW_WORDS]){json_string_value(value), "", "", "", "", "", ""});
    json_array_foreach(value, i, item) if (json_is_string(item))
        add(event, table, verdict, event->host,
            (const char *[ROW_WORDS]){json_string_value(item), "", "", "", "", "", ""});
}

static void add_rule(const struct event *event, enum verdict verdict) {
    char number[PORT_TEXT];
    if (!json_is_integer(json_object_get(event->line, "rule")))
        return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)number_of(event->line, "rule"));
    add(event, RULES, verdict, event->host,
        (const char *[ROW_WORDS]){number, text_of(event->line, "owner"), "", "", "", "", ""});
}

static void take_decision(const struct event *event) {
    enum verdict verdict = verdict_of(event->line);
    struct report *report = event->report;
    report->count[verdict]++;
    if (*event->time)
        bars_add(&report->bars, event->time, verdict);
    add(event, HOSTS, verdict, text_of(event->line, "method"),
        (const char *[ROW_WORDS]){text_of(event->line, "scheme"), event->host, event->port, "", "",
                                  "", ""});
    add_rule(event, verdict);
    add_each(event, "credentials", CREDENTIALS, verdict);
    add_each(event, "grant", GRANTS, verdict);
    add_each(event, "tools", TOOLS, verdict);
    if (verdict != ALLOWED)
        add_refusal(event, verdict);
}

/* -- other lines -- */

/* What went to a host and came back, since the last such line. */
static void take_traffic(const struct event *event) {
    struct row *row = row_of(event, HOSTS,
                             (const char *[ROW_WORDS]){text_of(event->line, "scheme"), event->host,
                                                       event->port, "", "", "", ""});
    if (!row)
        return;
    row->sent += number_of(event->line, "sent");
    row->received += number_of(event->line, "received");
}

static void take_ssh(const struct event *event) {
    const json_t *line = event->line;
    add(event, SSH, verdict_of(line), NULL,
        (const char *[ROW_WORDS]){text_of(line, "asked"), event->host, text_of(line, "user"),
                                  text_of(line, "key"), text_of(line, "reason"), "", ""});
}

/* One row a session: how it began gives its words, how it ended is added. */
static void take_session(const struct event *event) {
    const json_t *line = event->line;
    char code[PORT_TEXT + 16] = "";
    if (json_is_integer(json_object_get(line, "code")))
        snprintf(code, sizeof code, "exit code %llu", (unsigned long long)number_of(line, "code"));
    add(event, SESSIONS, ALLOWED, code,
        (const char *[ROW_WORDS]){text_of(line, "session"), text_of(line, "operator"),
                                  text_of(line, "command"), "", "", "", ""});
}

static void take_name(const struct event *event) {
    add(event, NAMES, ALLOWED, NULL,
        (const char *[ROW_WORDS]){event->host, "", "", "", "", "", ""});
}

static void take_untold(const struct event *event) {
    event->report->untold += number_of(event->line, "count");
}

static void take_policy(const struct event *event) {
    struct report *report = event->report;
    const char *sandbox = text_of(event->line, "sandbox");
    char rules[64];
    if (*sandbox) {
        free(report->sandbox);
        report->sandbox = must_copy(sandbox);
    }
    snprintf(rules, sizeof rules, "%llu rules",
             (unsigned long long)number_of(event->line, "rules"));
    add(event, EVENTS, ALLOWED, NULL,
        (const char *[ROW_WORDS]){event->name, "", rules, "", "", "", ""});
}

static const char *why_of(const json_t *line) {
    static const char *const keys[] = {"error", "reason", "text", "package",
                                       "what",  "login",  "grant"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (*text_of(line, keys[i]))
            return text_of(line, keys[i]);
    return "";
}

static void take_any(const struct event *event) {
    add(event, EVENTS, ALLOWED, NULL,
        (const char *[ROW_WORDS]){event->name, event->host, why_of(event->line), "", "", "", ""});
}

/* -- lines -- */

static const struct {
    const char *event;
    void (*take)(const struct event *event);
} takers[] = {
    {"decision", take_decision},
    {"traffic", take_traffic},
    {"name", take_name},
    {"ssh", take_ssh},
    {"session", take_session},
    {"refusals-untold", take_untold},
    {"policy-loaded", take_policy},
};

static bool is_meant(const struct report *report, const char *time) {
    if (!*report->since && !*report->until)
        return true;
    return *time && strcmp(time, report->since) >= 0 &&
           (!*report->until || strcmp(time, report->until) < 0);
}

static void take_line(struct event *event) {
    struct report *report = event->report;
    if (*event->time && (!*report->first || strcmp(event->time, report->first) < 0))
        memcpy(report->first, event->time, DECISIONS_TIME);
    if (*event->time && strcmp(event->time, report->last) > 0)
        memcpy(report->last, event->time, DECISIONS_TIME);
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (strcmp(takers[i].event, event->name) == 0) {
            takers[i].take(event);
            return;
        }
    if (*event->name)
        take_any(event);
}

/* "... denied demo: IN= OUT=as1h SRC=... DST=... PROTO=TCP SPT=1 DPT=22": a word that begins so,
 * up to a blank. */
static const char *word_of(const char *line, const char *begin, char *out, size_t room) {
    const char *at = strstr(line, begin);
    size_t n = at ? strcspn(at + strlen(begin), " ") : 0;
    snprintf(out, room, "%.*s", (int)(n < room ? n : room - 1), at ? at + strlen(begin) : "");
    return out;
}

static void take_packet(struct report *report, const char *line) {
    char protocol[16], address[64], port[16];
    struct event event = {.report = report};
    if (!strstr(line, "denied ") || !strstr(line, " DST="))
        return;
    add(&event, PACKETS, REFUSED, NULL,
        (const char *[ROW_WORDS]){word_of(line, " PROTO=", protocol, sizeof protocol),
                                  word_of(line, " DST=", address, sizeof address),
                                  word_of(line, " DPT=", port, sizeof port), "", "", "", ""});
}

void report_line(const json_t *line, const char *other, void *context) {
    struct event event = {.report = context, .line = line};
    if (other) {
        if (!*event.report->since && !*event.report->until)
            take_packet(context, other);
        return;
    }
    time_of(line, event.time);
    if (!is_meant(context, event.time)) {
        event.report->outside++;
        return;
    }
    event.name = text_of(line, "event");
    event.host = text_of(line, "host");
    if (json_is_integer(json_object_get(line, "port")))
        snprintf(event.port, sizeof event.port, "%llu",
                 (unsigned long long)number_of(line, "port"));
    take_line(&event);
}
