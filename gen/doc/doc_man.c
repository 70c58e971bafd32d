/* The manual page (man(7)), from the tables of commands, options and keys. */
#include "base/buf_raw.h"
#include "doc/doc.h"
#include "spec/schema.h"

#include <inttypes.h>
#include <string.h>

/* Backslashes, and dots and quotes at a line's start, mean something to roff; a hyphen that is a
 * minus sign is written as one. */
static void text(struct buf *out, const char *s) {
    bool start = out->len == 0 || out->data[out->len - 1] == '\n';
    for (; *s; s++) {
        if (start && (*s == '.' || *s == '\''))
            buf_lit(out, "\\&");
        if (*s == '\\')
            buf_lit(out, "\\e");
        else if (*s == '-')
            buf_lit(out, "\\-");
        else
            buf_char(out, *s);
        start = *s == '\n';
    }
}

static void bold(struct buf *out, const char *s) {
    buf_lit(out, "\\fB");
    text(out, s);
    buf_lit(out, "\\fR");
}

static void put_options(const struct command_table *table, option_flags flags, struct buf *out) {
    for (size_t i = 0; i < table->option_count; i++) {
        const struct option_row *row = &table->options[i];
        if (!(flags & row->flag))
            continue;
        buf_lit(out, ".TP\n");
        if (row->letter) {
            char letter[3] = {'-', row->letter, '\0'};
            bold(out, letter);
            buf_lit(out, ", ");
        }
        buf_lit(out, "\\fB\\-\\-");
        text(out, row->name);
        buf_lit(out, "\\fR");
        if (row->argument)
            buf_printf(out, " \\fI%s\\fR", row->argument);
        buf_lit(out, "\n");
        text(out, row->doc);
        buf_lit(out, ".\n");
    }
}

static void put_commands(const struct command_table *table, struct buf *out) {
    buf_lit(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < table->command_count; i++) {
        const struct command *c = &table->commands[i];
        buf_lit(out, ".TP\n");
        bold(out, c->name);
        buf_lit(out, " ");
        text(out, c->arguments);
        buf_lit(out, "\n");
        buf_char(out, (char)(c->doc[0] - 'a' + 'A'));
        text(out, c->doc + 1);
        buf_lit(out, ".\n");
        if (c->more) {
            text(out, c->more);
            buf_lit(out, "\n");
        }
        if (c->forwarded)
            buf_lit(out, "Done by bin/agent\\-sandbox of the rendered repository.\n");
    }
}

static void put_type(struct buf *out, const struct key *key) {
    if (key->form == LIST)
        buf_lit(out, "a list: ");
    if (key->form == MAP) {
        buf_lit(out, "an object, keyed by ");
        text(out, key->map_key->doc);
        buf_lit(out, ": ");
    }
    if (key->object && key->type) {
        text(out, key->type->doc);
        buf_lit(out, ", or ");
    }
    if (key->object) {
        text(out, key->form == ONE ? "an object" : key->object->name);
        return;
    }
    if (key->type->values) {
        for (size_t i = 0; key->type->values[i]; i++) {
            text(out, i ? ", " : "");
            text(out, key->type->values[i]);
        }
        return;
    }
    text(out, key->type->doc);
    if (key->type->kind == JSON_KIND_INTEGER)
        buf_printf(out, ", %" PRId64 " to %" PRId64, key->min, key->max);
}

static void put_keys(struct buf *out, const char *path, const struct object *object) {
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        BUF_CLEANUP struct buf full = {0};
        buf_printf(&full, "%s%s%s", path, key->name,
                   key->form == LIST  ? "[]"
                   : key->form == MAP ? ".*"
                                      : "");
        buf_lit(out, ".TP\n");
        bold(out, full.data);
        buf_lit(out, " (");
        put_type(out, key);
        if (key->required)
            buf_lit(out, "; required");
        buf_lit(out, ")\n");
        text(out, key->doc);
        buf_lit(out, ".\n");
        if (key->absent || key->absent_words) {
            buf_lit(out, "Default: ");
            text(out, key->absent ? key->absent : key->absent_words);
            buf_lit(out, ".\n");
        }
        if (key->object) {
            buf_lit(&full, ".");
            put_keys(out, full.data, key->object);
        }
    }
}

void doc_man(const struct command_table *table, struct buf *out) {
    buf_printf(out, ".TH AGENT\\-SANDBOX 1 \"\" \"agent\\-sandbox %s\" \"User Commands\"\n",
               VERSION);
    buf_lit(out, ".SH NAME\nagent\\-sandbox \\- run coding agents as a user that can reach only "
                 "what a spec allows\n"
                 ".SH SYNOPSIS\n.B agent\\-sandbox\nCOMMAND [OPTION...] [ARGUMENT...]\n"
                 ".SH DESCRIPTION\n"
                 "From one JSON spec, \\fBagent\\-sandbox\\fR renders everything that a sandbox "
                 "needs on Linux and macOS and commits it to a git repository: a dedicated user, "
                 "its dotfiles and tools, a firewall by uid, a proxy that allows by host, method "
                 "and path and injects secrets, and the units that start them.\n");
    put_commands(table, out);
    buf_lit(out, ".SH OPTIONS\n");
    put_options(table, ~0u, out);
    buf_lit(out, ".SH THE SPEC\nA JSON object. What is not listed here is an error. Lists are "
                 "sets: their order means nothing.\n");
    put_keys(out, "", &spec_object);
    buf_lit(out,
            ".SH FILES\n"
            ".TP\n\\fI/var/lib/agent\\-sandbox/NAME\\fR (macOS: "
            "\\fI/var/db/agent\\-sandbox/NAME\\fR)\n"
            "What is applied: the generations, \\fIcurrent\\fR, and while an apply is under "
            "way \\fIpending\\fR, or \\fIclosed\\fR where one did not hold.\n"
            ".TP\n\\fI/etc/agent\\-sandbox/NAME/secrets\\fR\n"
            "The usual place of the secrets that a spec names, which the proxy puts in; root's "
            "alone.\n"
            ".TP\n\\fI/home/agent\\-NAME\\fR (macOS: \\fI/Users/agent\\-NAME\\fR)\n"
            "The agent's home.\n"
            ".SH EXIT STATUS\n"
            ".TP\n0\nDone, or nothing to do.\n"
            ".TP\n1\nThe system failed.\n"
            ".TP\n2\nThe input is wrong: each mistake is told with file, line and column, and "
            "nothing is written.\n"
            ".TP\n3\n\\fBdiff\\fR, \\fBreproduce\\fR or \\fBdrift\\fR found differences.\n"
            ".TP\n4\n\\fBexplain\\fR: the spec denies what was asked about.\n"
            ".SH ENVIRONMENT\n"
            ".TP\n\\fBNO_COLOR\\fR\nNo colors, when set to anything.\n"
            ".TP\n\\fBSOURCE_DATE_EPOCH\\fR\nThe time to take instead of the clock's: for "
            "the commit, and to judge expiry.\n");
}
