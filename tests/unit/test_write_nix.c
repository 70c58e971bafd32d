/*
 * Writes the same hostile texts twice: as a Nix expression (no argument) and as JSON (argument
 * "json"). tests/nix/run evaluates the one and compares it with the other.
 */
#include "write/write_json.h"
#include "write/write_nix.h"

#include <stdio.h>
#include <string.h>

static const char *const fixed[] = {
    "",
    "plain",
    "${x}",
    "$${x}",
    "$$${x}",
    "\\${x}",
    "a\"b",
    "''${x}''",
    "'''",
    "\\n is two characters",
    "line\nline\ttab\r",
    "*/ # comment",
    "%h %% ; | & `id` $(id)",
    "]]> <!-- --> \xc3\xa9 \xf0\x9f\x98\x80",
    "right \xe2\x80\xae to left",
    "zero\xe2\x80\x8bwidth \xef\xbb\xbf",
    "\xf3\xa0\x80\x81 tag",
    "\x7f\x01\x1b[31m",
};

static const char *const names[] = {"a",   "A9",     "_x",   "a-b",  "a'b", "a.b",
                                    "9a",  "assert", "else", "if",   "in",  "or",
                                    "rec", "let",    "then", "with", "or1", "inherit"};

static const char *const pieces[] = {"$",
                                     "{",
                                     "}",
                                     "''",
                                     "\\",
                                     "\"",
                                     "${",
                                     "\n",
                                     "\t",
                                     "'",
                                     "x",
                                     "\xe2\x80\xae",
                                     "\xc3\xa9",
                                     "$$",
                                     "%",
                                     "`",
                                     "\r",
                                     "\0",
                                     "\xe2\x80\x8b",
                                     "builtins.abort"};

enum { FIXED = sizeof fixed / sizeof *fixed, NAMES = sizeof names / sizeof *names };
enum { PIECES = sizeof pieces / sizeof *pieces, MADE = 4000, LONGEST = 8 };

static uint64_t seed;

/* Numerical Recipes' generator: the same texts on every machine. */
static unsigned next_number(unsigned below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

static void make(char *out) {
    *out = '\0';
    for (unsigned n = next_number(LONGEST) + 1; n; n--)
        strcat(out, pieces[next_number(PIECES)]);
}

static void write_nix(struct buf *out) {
    char text[LONGEST * 16];
    buf_lit(out, "{ texts = [");
    for (int i = 0; i < FIXED + MADE; i++) {
        if (i >= FIXED)
            make(text);
        buf_lit(out, "\n");
        nix_string(out, (struct text){i < FIXED ? fixed[i] : text});
    }
    buf_lit(out, " ]; names = {");
    for (unsigned i = 0; i < NAMES; i++) {
        nix_line(out, 1);
        nix_attribute(out, (struct name){names[i]});
        buf_lit(out, " = ");
        buf_uint(out, i);
        buf_lit(out, ";");
    }
    buf_lit(out, " }; }\n");
}

static void write_json(struct buf *out) {
    char text[LONGEST * 16];
    struct json_writer j;
    jw_start(&j, out);
    jw_object(&j);
    jw_key(&j, "texts");
    jw_array(&j);
    for (int i = 0; i < FIXED + MADE; i++) {
        if (i >= FIXED)
            make(text);
        jw_text(&j, (struct text){i < FIXED ? fixed[i] : text});
    }
    jw_end(&j);
    jw_key(&j, "names");
    jw_object(&j);
    for (unsigned i = 0; i < NAMES; i++) {
        jw_key_name(&j, (struct name){names[i]});
        jw_uint(&j, i);
    }
    jw_end(&j);
    jw_end(&j);
    jw_finish(&j);
}

int main(int argc, char **argv) {
    struct buf out = {0};
    if (argc > 1 && strcmp(argv[1], "json") == 0)
        write_json(&out);
    else
        write_nix(&out);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return 0;
}
