/*
 * The writers of systemd's languages, by round trip over hostile strings: an environment file is
 * read back by systemd itself (it parses os-release by the same rules, and systemd-tmpfiles prints
 * one of its values as %B) and by a POSIX shell; the words of unit values by a reader that follows
 * systemd.syntax(7), systemd.unit(5) and systemd.service(5) to the letter.
 */
#include "write/write_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int passed, failed;

static void check(bool holds, const char *what, const char *input, const char *got) {
    if (holds) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s: <%s> read back as <%s>\n", what, input, got ? got : "nothing");
}

static const char *const corpus[] = {
    "plain",
    "two words",
    " leading and trailing ",
    "'",
    "\"",
    "''\"\"''",
    "$(id)",
    "`id`",
    "${HOME}$HOME$$",
    "%h%%n%",
    "a;b|c&d>e<f",
    "#not a comment",
    "; not one either",
    "back\\slash\\",
    "\\",
    "\\\\",
    "\\n\\t\\x41\\u0041\\\"",
    "*/ ]]> --> {{name}} }}",
    "!history!",
    "~ * ? [a-z] {a,b}",
    "\xd7\xa9\xe2\x80\xae\xd7\x9c\xe2\x80\xac",
    "\xf0\x9f\xa6\x80\xf0\x9f\x94\x92",
    "[Service]",
    "KEY=VALUE",
    "@-:+!!/bin/sh",
    "a:b:c,d",
};
#define CORPUS_SIZE (sizeof corpus / sizeof *corpus)

static void longest(char *out, size_t size) {
    static const char unit[] = "a\"\\$`%'; ";
    for (size_t i = 0; i + 1 < size; i++)
        out[i] = unit[i % (sizeof unit - 1)];
    out[size - 1] = '\0';
}

/* --- the words of a unit's values ------------------------------------------------------------- */

static char *unescape(const char **p, char *out) {
    (*p)++;
    switch (**p) {
    case 'n':
        *out++ = '\n';
        break;
    case 't':
        *out++ = '\t';
        break;
    case '"':
    case '\\':
        *out++ = **p;
        break;
    default:
        return NULL;
    }
    return out;
}

/* One quoted word and nothing behind it; NULL when it is not that, or would expand something. */
static char *read_word(const char *p, bool argument) {
    char *word = calloc(1, strlen(p) + 1), *out = word;
    if (!word || *p++ != '"')
        goto wrong;
    for (; *p && *p != '"'; p++) {
        if (*p == '\\') {
            out = unescape(&p, out);
            if (!out)
                goto wrong;
            continue;
        }
        bool doubled = *p == '%' || (*p == '$' && argument);
        if (doubled && p[1] != *p)
            goto wrong;
        if (doubled)
            p++;
        if (*p == '\n')
            goto wrong;
        *out++ = *p;
    }
    if (strcmp(p, "\"") == 0)
        return word;
wrong:
    free(word);
    return NULL;
}

static void check_word(const char *s) {
    BUF_CLEANUP struct buf word = {0}, argument = {0};
    unit_word(&word, (struct text){s});
    char *back = read_word(word.data, false);
    check(back && strcmp(back, s) == 0, "unit_word", s, back);
    free(back);
    unit_argument(&argument, (struct text){s});
    back = read_word(argument.data, true);
    check(back && strcmp(back, s) == 0, "unit_argument", s, back);
    free(back);
}

/* --- environment files ------------------------------------------------------------------------ */

static char folder[] = "/tmp/test_write_unit.XXXXXX";

static void write_file(const char *name, const char *data) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(data, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static bool run(const char *format) {
    char command[1024];
    snprintf(command, sizeof command, format, folder, folder, folder);
    return system(command) == 0;
}

static void check_systemd(const char *s) {
    static char target[8192];
    char path[256];
    BUF_CLEANUP struct buf file = {0};
    unit_assign_name(&file, (struct name){"BUILD_ID"}, (struct text){s});
    write_file("etc/os-release", file.data);
    snprintf(path, sizeof path, "%s/value", folder);
    unlink(path);
    bool ran = run("systemd-tmpfiles --root=%s --create %s/link.conf");
    ssize_t n = ran ? readlink(path, target, sizeof target - 1) : -1;
    target[n < 0 ? 0 : n] = '\0';
    check(n >= 0 && strcmp(target, s) == 0, "systemd", s, target);
}

static void check_shell(const char *s) {
    static char got[8192];
    char path[256];
    BUF_CLEANUP struct buf file = {0};
    unit_assign_name(&file, (struct name){"VALUE"}, (struct text){s});
    write_file("env", file.data);
    bool ran = run("env -i sh -c '. %s/env && printf %%s \"$VALUE\"' >%s/got");
    snprintf(path, sizeof path, "%s/got", folder);
    FILE *out = fopen(path, "r");
    size_t n = out ? fread(got, 1, sizeof got - 1, out) : 0;
    got[n] = '\0';
    if (out)
        fclose(out);
    check(ran && strcmp(got, s) == 0, "sh", s, got);
}

static void check_string(const char *s, bool systemd) {
    check_word(s);
    check_shell(s);
    if (systemd)
        check_systemd(s);
}

static void check_paths(void) {
    BUF_CLEANUP struct buf path = {0};
    unit_path(&path, (struct path){"/srv/a_b+c@d.e-f/%h"});
    check(strcmp(path.data, "/srv/a_b+c@d.e-f/%%h") == 0, "unit_path", "/srv/...", path.data);
}

static void check_folder(const char *s) {
    BUF_CLEANUP struct buf folder_ = {0};
    unit_folder(&folder_, (struct text){s});
    bool quoted = folder_.data[0] == '"';
    char *back = quoted ? read_word(folder_.data, false) : NULL;
    check(strcmp(quoted && back ? back : folder_.data, s) == 0, "unit_folder", s, folder_.data);
    check(quoted || !strpbrk(s, " '\"\\%&():;,=#\n\xc3"), "unit_folder quotes", s, folder_.data);
    free(back);
}

int main(void) {
    static char text[4000];
    char path[256];
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(path, sizeof path, "%s/etc", folder);
    mkdir(path, 0755);
    write_file("link.conf", "L /value - - - - %B\n");
    bool systemd = system("command -v systemd-tmpfiles >/dev/null") == 0;
    for (size_t i = 0; i < CORPUS_SIZE; i++)
        check_string(corpus[i], systemd);
    longest(text, sizeof text);
    check_string(text, systemd);
    check_word("line\nand\ttab");
    check_paths();
    check_folder("/srv/a_b+c@d.e-f");
    check_folder("/srv/M\xc3\xbcller's & (S), a=b/c d");
    for (size_t i = 0; i < CORPUS_SIZE; i++)
        check_folder(corpus[i]);
    run("rm -rf %s");
    printf("%d passed, %d failed%s\n", passed, failed, systemd ? "" : " (without systemd)");
    return failed ? 1 : 0;
}
