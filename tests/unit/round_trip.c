#include "round_trip.h"
#include "base/buf_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

const struct hostile hostile[] = {
    {"plain words", NULL},
    {"the agent's model, well-known.", NULL},
    {"'", NULL},
    {"''", NULL},
    {"'''quoted'''", NULL},
    {"\"", NULL},
    {"\\", NULL},
    {"ends in a backslash\\", NULL},
    {"\\\\\" \\' \\n \\x41 \\0", NULL},
    {"$(touch pwned) `touch pwned` ${HOME} $HOME $$", NULL},
    {"'$(touch pwned)'", NULL},
    {"'; touch pwned; '", NULL},
    {"a & b && c || d | e > f < g ; h", NULL},
    {"!event !! !$", NULL},
    {"* ? [a-z] {a,b} ~ ~root # comment", NULL},
    {"-n", NULL},
    {"%s %n %h %%", NULL},
    {"''${x} ${", NULL},
    {"*/ // ]]> --> <!-- <![CDATA[", NULL},
    {" blank at both ends ", NULL},
    {"  ", NULL},
    {"# heading", NULL},
    {"1. item", NULL},
    {"1234567", NULL},
    {"deadbeef0123", NULL},
    {"- item", NULL},
    {"> quote", NULL},
    {"| a | b |", NULL},
    {"a|b\\|c\\\\|d", NULL},
    {"|||", NULL},
    {"| --- | --- |", NULL},
    {"`", NULL},
    {"``", NULL},
    {"```", NULL},
    {"```sh", NULL},
    {"~~~", NULL},
    {"`a` ``b`` ```c```", NULL},
    {"` a `", NULL},
    {"`|`|``", NULL},
    {"a`|`b", NULL},
    {"**bold** *it* __b__ _i_ ~~gone~~", NULL},
    {"[link](https://evil.example)", NULL},
    {"![image](https://evil.example/x.png)", NULL},
    {"[ref]: https://evil.example", NULL},
    {"https://evil.example/ www.evil.example a@evil.example", NULL},
    {"www.evil.example", NULL},
    {"mail a@evil.example now", NULL},
    {"http://evil.example", NULL},
    {"<https://evil.example>", NULL},
    {"<script>alert(1)</script> <b> </table> <br>", NULL},
    {"&lt;b&gt; &#124; &amp; &copy;", NULL},
    {"@octocat #1 GH-1 owner/repo#2", NULL},
    {":smile:", NULL},
    {"$x$ $$x$$", NULL},
    {"===", NULL},
    {"---", NULL},
    {"[x] done", NULL},
    {"[U+202E]", NULL},
    {"caf\u00e9 \u65e5\u672c\u8a9e \U0001f600 \U0010fffd",
     "caf\u00e9 \u65e5\u672c\u8a9e \U0001f600 [U+10FFFD]"},
    {"a\u202etxt.exe", "a[U+202E]txt.exe"},
    {"a\u2066b\u2069\u200f\u061c", "a[U+2066]b[U+2069][U+200F][U+061C]"},
    {"pay\u200bpal\ufeff\u00ad\u2060", "pay[U+200B]pal[U+FEFF][U+00AD][U+2060]"},
    {"no\u00a0break\u3000wide", "no[U+00A0]break[U+3000]wide"},
    {"line\u2028paragraph\u2029", "line[U+2028]paragraph[U+2029]"},
    {"tag\U000e0041\ufe0f", "tag[U+E0041][U+FE0F]"},
    {"line\nfeed\ttab", "line[U+000A]feed[U+0009]tab"},
    {"\n", "[U+000A]"},
    {"carriage\rreturn\r\nend\r", "carriage[U+000D]return[U+000D][U+000A]end[U+000D]"},
    {"escape\033[31m\177", "escape[U+001B][31m[U+007F]"},
    {THOUSAND "'" THOUSAND "\"" THOUSAND "`" THOUSAND, NULL},
};
const size_t hostile_count = sizeof hostile / sizeof *hostile;

static unsigned passed, failed;

void expect_true(const char *what, bool truth) {
    if (truth) {
        passed++;
        return;
    }
    failed++;
    printf("FAILED: %s\n", what);
}

void expect_equal(const char *what, const char *got, const char *want) {
    bool equal = got && strcmp(got, want) == 0;
    expect_true(what, equal);
    if (!equal)
        printf("  got  %s\n  want %s\n", got ? got : "nothing", want);
}

const char *expect_next(const char *what, const char *p, const char *end, const char *want) {
    size_t left = (size_t)(end - p), n = strnlen(p, left);
    if (n == left) {
        expect_equal(what, NULL, want);
        return end;
    }
    expect_equal(what, p, want);
    return p + n + 1;
}

static void stop(const char *what) {
    perror(what);
    exit(1);
}

void run_on(const char *command, const struct buf *input, struct buf *output) {
    char path[] = "/tmp/round-trip-XXXXXX", line[256], chunk[4096];
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, input->data, input->len) != (ssize_t)input->len || close(fd) != 0)
        stop(path);
    snprintf(line, sizeof line, "%s %s", command, path);
    FILE *pipe = popen(line, "r");
    if (!pipe)
        stop(line);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
        buf_add(output, chunk, n);
    int status = pclose(pipe);
    unlink(path);
    if (status != 0 || !output->data) {
        printf("FAILED: %s: status %d\n", command, status);
        exit(1);
    }
}

int finish(void) {
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
