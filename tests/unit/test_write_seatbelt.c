/* A profile with the text as a string, and paths of every kind. */
#include "darwin_corpus.h"
#include "write/write_seatbelt.h"

static void write(struct buf *out, struct text text) {
    struct text below_link = {"/var/db/x"}, plain = {"/variable/x"};
    seatbelt_text(out, text);
    buf_lit(out, "\n");
    seatbelt_subpath(out, below_link);
    seatbelt_literal(out, plain);
    buf_lit(out, "(all ");
    seatbelt_ancestors(out, below_link);
    buf_lit(out, ")\n(one ");
    seatbelt_ancestors(out, (struct text){"/work"});
    buf_lit(out, ")\n");
}

int main(int argc, char **argv) {
    return write_corpus(argc, argv, write);
}
