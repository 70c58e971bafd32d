#include "write/write_md.h"
#include "base/buf_raw.h"
#include "base/utf8.h"

#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Seven hex digits are a commit to GitHub. */
static bool like_a_commit(const char *word, size_t n) {
    return n >= 7 && strspn(word, "0123456789abcdefABCDEF") >= n;
}

/*
 * A word that no Markdown parser and no filter behind it (GitHub links www.*, addresses with @,
 * #1, GH-1, commits) takes for more than a word: letters with ' and - between them, or a number,
 * and behind it one mark of punctuation.
 */
static bool harmless_word(const char *word, size_t n) {
    if (n > 1 && strchr(",;.!?:", word[n - 1]))
        n--;
    if (like_a_commit(word, n))
        return false;
    bool number = is_digit(word[0]);
    for (size_t i = 0; i < n; i++) {
        if (number ? is_digit(word[i]) : is_letter(word[i]))
            continue;
        bool inside = i > 0 && i + 1 < n && is_letter(word[i - 1]) && is_letter(word[i + 1]);
        if (!inside || !(word[i] == '-' || word[i] == '\''))
            return false;
    }
    return true;
}

static bool harmless(const char *s) {
    if (strspn(s, " ") > 0)
        return false;
    while (*s) {
        size_t n = strcspn(s, " ");
        if (n == 0 || !harmless_word(s, n))
            return false;
        s += n;
        if (s[0] == ' ' && (s[1] == ' ' || s[1] == '\0'))
            return false;
        s += *s == ' ';
    }
    return true;
}

/* cmark, and GitHub's parser with it, knows no fence of more than 80 ticks. */
enum { TICKS_MAX = 40 };

static size_t longest_run_of_ticks(const char *s, size_t n) {
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < n; i++) {
        run = s[i] == '`' ? run + 1 : 0;
        if (run > longest)
            longest = run;
    }
    return longest;
}

/* CommonMark 6.1: one blank is taken off each end when both have one and not all is blank. */
static bool needs_padding(const char *s, size_t n) {
    bool tick_at_end = s[0] == '`' || s[n - 1] == '`';
    bool blank_at_both = s[0] == ' ' && s[n - 1] == ' ' && strspn(s, " ") < n;
    return tick_at_end || blank_at_both;
}

static void ticks(struct buf *b, size_t n) {
    while (n--)
        buf_char(b, '`');
}

static void span(struct buf *b, const char *s, size_t n) {
    if (n == 0)
        return;
    size_t fence = longest_run_of_ticks(s, n) + 1;
    bool padded = needs_padding(s, n);
    ticks(b, fence);
    if (padded)
        buf_char(b, ' ');
    buf_add(b, s, n);
    if (padded)
        buf_char(b, ' ');
    ticks(b, fence);
}

static void show_by_number(struct buf *b, uint32_t c) {
    buf_printf(b, "[U+%04X]", (unsigned)c);
}

static void seen(struct buf *out, const char *s) {
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (utf8_doubtful(c))
            show_by_number(out, c);
        else
            buf_add(out, s, n);
        s += n;
    }
}

/* How many bytes from s on can stand in one span. */
static size_t span_length(const char *s) {
    size_t n = 0;
    while (s[n] && s[n] != '|') {
        size_t run = strspn(s + n, "`");
        if (run > TICKS_MAX)
            break;
        n += run ? run : 1;
    }
    return n;
}

/*
 * A pipe ends a cell even inside a code span, parsers do not agree on how backslashes before it
 * count, and outside a table the backslash would show. So a span ends before each pipe, and the
 * pipe is a character reference; so is each tick of a run that no fence could be longer than.
 */
static void spans(struct buf *b, const char *s) {
    struct buf visible BUF_CLEANUP = {0};
    seen(&visible, s);
    const char *p = visible.data;
    while (p && *p) {
        size_t n = span_length(p);
        span(b, p, n);
        p += n;
        for (; *p == '`'; p++)
            buf_lit(b, "&#96;");
        if (*p == '|') {
            buf_lit(b, "&#124;");
            p++;
        }
    }
}

void md_code(struct buf *b, struct text text) {
    spans(b, text.s);
}

void md_text(struct buf *b, struct text text) {
    if (harmless(text.s))
        buf_str(b, text.s);
    else
        spans(b, text.s);
}

void md_code_name(struct buf *b, struct name name) {
    spans(b, name.s);
}

void md_code_path(struct buf *b, struct path path) {
    spans(b, path.s);
}

void md_code_host(struct buf *b, struct host_pattern host) {
    struct buf text BUF_CLEANUP = {0};
    buf_host(&text, host);
    spans(b, text.data);
}

void md_code_cidr(struct buf *b, struct cidr cidr) {
    struct buf text BUF_CLEANUP = {0};
    buf_cidr(&text, cidr);
    spans(b, text.data);
}

void md_own(struct buf *b, struct markdown markdown) {
    buf_str(b, markdown.s);
}

/* Mermaid's entity codes (#35;) stand for every character that its lexer, or the Markdown and the
 * HTML in its labels, could read as more than itself. */
static void mermaid_char(struct buf *b, const char *s, size_t n, uint32_t c) {
    bool inert = c >= 0x80 || c == ' ' || c == '-' || c == '.' || is_letter(*s) || is_digit(*s);
    if (utf8_doubtful(c))
        buf_printf(b, "#91;U#43;%04X#93;", (unsigned)c);
    else if (inert)
        buf_add(b, s, n);
    else
        buf_printf(b, "#%u;", (unsigned)c);
}

static void mermaid(struct buf *b, const char *s, const char *inert) {
    while (*s) {
        uint32_t c;
        size_t n = utf8_next(s, &c);
        if (strchr(inert, *s))
            buf_char(b, *s);
        else
            mermaid_char(b, s, n, c);
        s += n;
    }
}

void md_mermaid(struct buf *b, struct text text) {
    mermaid(b, text.s, "");
}

void md_mermaid_folder(struct buf *b, struct text path) {
    mermaid(b, path.s, "/_+@");
}

void md_mermaid_host(struct buf *b, struct host_pattern host) {
    struct buf text BUF_CLEANUP = {0};
    buf_host(&text, host);
    md_mermaid(b, (struct text){text.data});
}
