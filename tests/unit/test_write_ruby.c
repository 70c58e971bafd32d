/* A Ruby expression: the text, and a name. */
#include "darwin_corpus.h"
#include "write/write_ruby.h"

static void write(struct buf *out, struct text text) {
    buf_lit(out, "[");
    ruby_text(out, text);
    buf_lit(out, ", ");
    ruby_name(out, (struct name){"a-name@1.2"});
    buf_lit(out, "]\n");
}

int main(int argc, char **argv) {
    return write_corpus(argc, argv, write);
}
