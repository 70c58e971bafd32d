/* The page: its head, the sums, the time, then a table for each kind of thing. */
#include "report/report_private.h"

#include <string.h>

#define STYLE                                                                                      \
    ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--page:#fff;--card:#f6f8fa;"        \
    "--line:#d0d7de;--allowed:#1a7f64;--refused:#c0362c;--audited:#9a6700;--link:#0550ae}"         \
    "@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9da7b3;--page:#0d1117;"         \
    "--card:#161b22;--line:#30363d;--allowed:#3fb68b;--refused:#f47067;--audited:#d4a72c;"         \
    "--link:#6cb6ff}}"                                                                             \
    "*{box-sizing:border-box}"                                                                     \
    "body{margin:0 auto;padding:1.5rem;max-width:80rem;background:var(--page);color:var(--ink);"   \
    "font:1rem/1.5 system-ui,sans-serif}"                                                          \
    "h1{margin:0;font-size:1.7rem}h2{margin:2.5rem 0 .25rem;font-size:1.25rem}"                    \
    "p{margin:.25rem 0 .75rem;color:var(--dim)}a{color:var(--link)}"                               \
    "nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:1rem 0;padding:0;list-style:none}"  \
    "dl.sums{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.75rem;"    \
    "margin:1rem 0}"                                                                               \
    "dl.sums div{padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem;"            \
    "background:var(--card)}"                                                                      \
    "dt{color:var(--dim);font-size:.9rem}dd{margin:0;font-size:1.4rem;font-weight:600;"            \
    "font-variant-numeric:tabular-nums}"                                                           \
    ".wide{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}"                      \
    "table{width:100%;border-collapse:collapse;font-size:.9rem}"                                   \
    "caption{padding:.5rem .75rem;text-align:left;color:var(--dim)}"                               \
    "th,td{padding:.4rem .75rem;border-top:1px solid var(--line);text-align:left;"                 \
    "vertical-align:top;overflow-wrap:anywhere}"                                                   \
    "th{background:var(--card);white-space:nowrap}"                                                \
    "td.number,th.number{text-align:right;white-space:nowrap;"                                     \
    "font-variant-numeric:tabular-nums}td.time{white-space:nowrap}"                                \
    "code{font:.85em/1.4 ui-monospace,monospace}td code{display:inline-block;min-width:16rem}"     \
    "svg{display:block;width:100%;height:auto;margin:1rem 0 .25rem;background:var(--card);"        \
    "border:1px solid var(--line);border-radius:.5rem}"                                            \
    "figure{margin:0}figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;"        \
    "color:var(--dim);font-size:.9rem}"                                                            \
    ".allowed{fill:var(--allowed);color:var(--allowed)}"                                           \
    ".refused{fill:var(--refused);color:var(--refused)}"                                           \
    ".audited{fill:var(--audited);color:var(--audited)}"                                           \
    "summary{margin:.5rem 0;cursor:pointer;color:var(--link)}"                                     \
    "@media print{body{max-width:none;padding:0}nav{display:none}}"

static void when(struct html *h, const char *time) {
    char shown[DECISIONS_TIME];
    memcpy(shown, time, DECISIONS_TIME);
    shown[10] = ' ';
    html_text(h, (struct text){shown});
}

static void head(const struct report *report, struct html *h) {
    html_open(h, "head");
    html_open(h, "meta");
    html_attribute(h, "charset", "utf-8");
    html_close_void(h);
    html_style(h, STYLE);
    html_open(h, "meta");
    html_attribute(h, "name", "viewport");
    html_attribute(h, "content", "width=device-width");
    html_close_void(h);
    html_open(h, "title");
    html_own(h, "Sandbox ");
    html_text(h, (struct text){report->sandbox ? report->sandbox : ""});
    html_own(h, ": what it asked for");
    html_close(h);
    html_close(h);
}

static void span(const struct report *report, struct html *h, struct text source) {
    html_open(h, "p");
    html_own(h, "What the log has, ");
    if (*report->first) {
        html_own(h, "from ");
        when(h, report->first);
        html_own(h, " to ");
        when(h, report->last);
        html_own(h, " (UTC)");
    } else {
        html_own(h, "without any time");
    }
    html_own(h, ", read from ");
    html_text(h, source);
    html_own(h, ". Names and paths are the agent's: what cannot be seen in them stands as its "
                "number, as in [U+202E].");
    html_close(h);
}

static void sum_(struct html *h, const char *what, const char *class, uint64_t n) {
    html_open(h, "div");
    html_open(h, "dt");
    html_own_(h, what);
    html_close(h);
    html_open(h, "dd");
    if (*class)
        html_attribute_(h, "class", class);
    page_count(h, n);
    html_close(h);
    html_close(h);
}

static void sums(const struct report *report, struct html *h) {
    uint64_t sent = 0, received = 0;
    const struct table *hosts = &report->tables[HOSTS];
    for (size_t i = 0; i < hosts->n; i++) {
        sent += hosts->v[i].sent;
        received += hosts->v[i].received;
    }
    html_open(h, "dl");
    html_attribute(h, "class", "sums");
    sum_(h, "allowed", "allowed", report->count[ALLOWED]);
    sum_(h, "refused", "refused", report->count[REFUSED] + report->untold);
    if (report->count[AUDITED])
        sum_(h, "let pass by audit", "audited", report->count[AUDITED]);
    sum_(h, "hosts and ports", "", hosts->n);
    sum_(h, "credentials used", "", report->tables[CREDENTIALS].n);
    if (report->tables[SESSIONS].n)
        sum_(h, "sessions", "", report->tables[SESSIONS].n);
    if (sent || received) {
        sum_(h, "bytes sent", "", sent);
        sum_(h, "bytes received", "", received);
    }
    html_close(h);
}

static void about_(struct html *h, uint64_t n, const char *what) {
    if (!n)
        return;
    html_open(h, "li");
    page_count(h, n);
    html_own_(h, what);
    html_close(h);
}

/* What the page does not have. */
static void about_log(const struct report *report, struct html *h) {
    html_open(h, "section");
    html_attribute(h, "aria-labelledby", "log");
    html_open(h, "h2");
    html_attribute(h, "id", "log");
    html_own(h, "The log");
    html_close(h);
    html_open(h, "ul");
    about_(h, report->tally.lines, " lines were read");
    about_(h, report->tally.unread, " of them can't be read");
    about_(h, report->outside, " lie outside of the time that was asked for");
    about_(h, report->untold, " refusals were counted by the proxy, and not written: a flood");
    html_close(h);
    html_open(h, "p");
    html_own(h, "Whether a line is missing, or was changed, says: agent-sandbox logs --check");
    html_close(h);
    html_close(h);
}

void report_page(const struct report *report, struct text source, struct buf *out) {
    struct html h;
    html_start(&h, out);
    head(report, &h);
    html_open(&h, "body");
    html_open(&h, "header");
    html_open(&h, "h1");
    html_own(&h, "What the sandbox ");
    html_text(&h, (struct text){report->sandbox ? report->sandbox : ""});
    html_own(&h, " asked for");
    html_close(&h);
    span(report, &h, source);
    html_close(&h);
    page_links(report, &h);
    html_open(&h, "main");
    sums(report, &h);
    page_time(report, &h);
    page_tables(report, &h);
    about_log(report, &h);
    html_close(&h);
    html_close(&h);
    html_finish(&h);
}
