/* Texts that break a writer which forgets something, and the frame of the three tests that use
 * them: each writes DIR/N.text, the bytes meant, and DIR/N.written, what the writer made of them;
 * check_darwin_writers.py reads the second with the language's own parser. */
#ifndef DARWIN_CORPUS_H
#define DARWIN_CORPUS_H

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const corpus[] = {
    "",
    "plain",
    " leading and trailing ",
    "\"quoted\" and 'quoted'",
    "back\\slash, and at the end \\",
    "$(id) `id` ${HOME} $HOME",
    "#{`id`} #$0 #@x \\#{x}",
    "'' ${ ''${ ''\\n",
    "%h %n %% \\x41 \\u0041 \\101",
    "; rm -rf / | & > < \n; second line",
    "*/ /* ]]> <![CDATA[ --> <!-- <?xml ?>",
    "</string><key>RunAtLoad</key><true/> &amp; &lt; &#10; &unknown;",
    ") (allow default) (\"",
    "=begin\nputs 1\n=end\n__END__\n",
    "<<EOF\n#{x}\nEOF\n",
    "tab\tand newline\n",
    "\n\n",
    "right to left \xe2\x80\xae xyz\xe2\x80\xac, isolate \xe2\x81\xa6x\xe2\x81\xa9",
    "zero width \xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d, BOM \xef\xbb\xbf",
    "line separators \xe2\x80\xa8\xe2\x80\xa9 and next line \xc2\x85",
    "four bytes \xf0\x9f\x98\x80 \xf0\xa0\x80\x80, last \xf4\x8f\xbf\xbd",
    "umlauts \xc3\xa4\xc3\xb6\xc3\xbc, combining e\xcc\x81",
    "soft\xc2\xadhyphen, no-break\xc2\xa0space",
};

static void save(const char *folder, size_t number, const char *kind, const char *data, size_t n) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%zu.%s", folder, number, kind);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, n, file) != n || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void save_case(const char *folder, size_t number, const char *text,
                      void (*write)(struct buf *out, struct text text)) {
    struct buf out BUF_CLEANUP = {0};
    write(&out, (struct text){text});
    save(folder, number, "text", text, strlen(text));
    save(folder, number, "written", out.data, out.len);
}

/* The corpus, then one text that is longer than any buffer. */
static int write_corpus(int argc, char **argv, void (*write)(struct buf *out, struct text text)) {
    enum { CASES = sizeof corpus / sizeof *corpus, LONG = 300000 };
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < CASES; i++)
        save_case(argv[1], i, corpus[i], write);
    char *text = calloc(LONG + 1, 1);
    if (!text)
        return 1;
    for (size_t i = 0; i < LONG; i++)
        text[i] = "\"\\#<&a("[i % 7];
    save_case(argv[1], CASES, text, write);
    free(text);
    return 0;
}

#endif
