/* A page with the text in an element and in an attribute, read back by libxml2's parser of HTML and
 * by Python's. */
#include "round_trip.h"
#include "write/write_html.h"

#include <string.h>

#define XPATH "xmllint --html --nonet --xpath "

static void put(struct buf *out, const char *text) {
    struct html h;
    html_start(&h, out);
    html_open(&h, "head");
    html_open(&h, "meta");
    html_attribute(&h, "charset", "utf-8");
    html_close_void(&h);
    html_close(&h);
    html_open(&h, "body");
    html_open(&h, "p");
    html_attribute_text(&h, "title", (struct text){text});
    html_text(&h, (struct text){text});
    html_close(&h);
    html_open(&h, "br");
    html_close_void(&h);
    html_open(&h, "td");
    html_close(&h);
    html_close(&h);
    html_finish(&h);
}

static void reads_back(const char *what, const char *command, const struct buf *page,
                       const char *want) {
    struct buf read BUF_CLEANUP = {0};
    run_on(command, page, &read);
    if (read.len) /* xmllint ends its answer with a newline */
        read.data[read.len - 1] = '\0';
    expect_equal(what, read.data, want);
}

static void round_trip(const struct hostile *one) {
    struct buf page BUF_CLEANUP = {0};
    const char *want = one->shown ? one->shown : one->in;
    put(&page, one->in);
    reads_back("an attribute", XPATH "'string(//p/@title)' 2>/dev/null", &page, want);
    reads_back("a text", XPATH "'string(//p)' 2>/dev/null", &page, want);
    reads_back("as many elements as were written", XPATH "'count(//*)' 2>/dev/null", &page, "7");
}

static void no_unicode(void) {
    struct buf page BUF_CLEANUP = {0};
    put(&page, "a\xff\xf0\x9f z\x01");
    expect_true("what is no UTF-8 is replaced",
                strstr(page.data, ">a[U+FFFD][U+FFFD][U+FFFD] z[U+0001]<") != NULL);
}

static void style(void) {
    struct buf page BUF_CLEANUP = {0};
    struct html h;
    html_start(&h, &page);
    html_open(&h, "head");
    html_style(&h, "a>b{}");
    html_close(&h);
    html_finish(&h);
    expect_true("the sheet is as it was written",
                strstr(page.data, "<style>a>b{}</style>") != NULL);
    expect_true("and known by its hash", strstr(page.data, "style-src 'sha256-") ||
                                             strstr(page.data, "style-src &#39;sha256-"));
}

int main(void) {
    for (size_t i = 0; i < hostile_count; i++)
        round_trip(&hostile[i]);
    no_unicode();
    style();
    return finish();
}
