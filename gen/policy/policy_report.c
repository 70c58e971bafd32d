#include "policy/policy_report.h"
#include "read/load.h"
#include "write/write_plain.h"

#include <string.h>

/* A spec.json that can't be read leaves NULL, and *reading with its mistakes is dropped. */
static const struct spec *read_source(struct reading **reading, struct policy_source source) {
    struct diagnostics *diagnostics = diagnostics_new();
    *reading = reading_new(diagnostics);
    const struct spec *spec =
        load_committed_spec(*reading, source.what, source.text, source.length);
    diagnostics_free(diagnostics);
    (*reading)->diagnostics = NULL;
    return spec;
}

static void begin(struct policy_report *report) {
    *report = (struct policy_report){.arena = arena_new()};
    report->diff.arena = report->arena;
}

static void compare(struct policy_report *report, struct policy_source source,
                    const struct spec *new) {
    const struct spec *old = NULL;
    if (source.text)
        old = read_source(&report->old, source);
    if (source.text && !old)
        report->unreadable = source.what;
    else
        policy_compare(&report->diff, old, new, report->arena);
}

void policy_report_against(struct policy_report *report, struct policy_source old,
                           const struct spec *new) {
    begin(report);
    compare(report, old, new);
}

void policy_report_between(struct policy_report *report, struct policy_source old,
                           struct policy_source new) {
    bool both = old.text && new.text, same = both &&old.length == new.length;
    begin(report);
    if ((same && memcmp(old.text, new.text, old.length) == 0) || (!old.text && !new.text))
        return;
    const struct spec *spec = new.text ? read_source(&report->new, new) : NULL;
    if (spec)
        compare(report, old, spec);
    else
        report->unreadable = new.what;
}

void policy_report_free(struct policy_report *report) {
    reading_free(report->old);
    reading_free(report->new);
    arena_free(report->arena);
    *report = (struct policy_report){0};
}

bool policy_report_empty(const struct policy_report *report) {
    return !report->unreadable && report->diff.n == 0;
}

bool policy_report_widens(const struct policy_report *report) {
    return report->unreadable || policy_count(&report->diff, POLICY_WIDENS) > 0;
}

static void write_unreadable(const struct policy_report *report, struct buf *out) {
    buf_lit(out, "cannot be told: another version wrote the spec.json of ");
    plain_again(out, (struct text){report->unreadable});
}

void policy_report_write(const struct policy_report *report, struct buf *out) {
    if (!report->unreadable) {
        policy_write(&report->diff, out);
        return;
    }
    BUF_CLEANUP struct buf words = {0};
    write_unreadable(report, &words);
    buf_lit(out, "What changes for the agent:\n");
    plain_item(out, "?", (struct text){words.data});
}

void policy_report_subject(const struct policy_report *report, struct name sandbox, bool fleet,
                           struct buf *out) {
    if (!report->unreadable) {
        policy_write_subject(&report->diff, sandbox, fleet, out);
        return;
    }
    buf_lit(out, "Update sandbox ");
    buf_name(out, sandbox);
    buf_lit(out, ": from another version");
}

void policy_report_json(const struct policy_report *report, struct name sandbox,
                        struct json_writer *j) {
    if (!report->unreadable) {
        policy_write_json(&report->diff, sandbox, j);
        return;
    }
    BUF_CLEANUP struct buf words = {0};
    write_unreadable(report, &words);
    jw_object(j);
    if (sandbox.s) {
        jw_key(j, "sandbox");
        jw_name(j, sandbox);
    }
    jw_key(j, "direction");
    jw_string(j, "unknown");
    jw_key(j, "text");
    jw_inert(j, &words);
    jw_end(j);
}
