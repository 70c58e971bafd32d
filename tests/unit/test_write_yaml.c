/* Two documents of YAML: the text, and every kind of value. */
#include "darwin_corpus.h"
#include "write/write_yaml.h"

static void lists(struct yaml_writer *y) {
    yw_key(y, "list");
    yw_list(y);
    yw_name(y, (struct name){"name"});
    yw_uint(y, 7);
    yw_bool(y, true);
    yw_map(y);
    yw_end(y);
    yw_map(y);
    yw_key(y, "in");
    yw_string(y, "literal");
    yw_key(y, "more");
    yw_list(y);
    yw_end(y);
    yw_end(y);
    yw_map(y);
    yw_key(y, "deep");
    yw_map(y);
    yw_key_name(y, (struct name){"deeper"});
    yw_list(y);
    yw_map(y);
    yw_key(y, "a");
    yw_uint(y, 1);
    yw_key(y, "b");
    yw_uint(y, 2);
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
    yw_end(y);
}

static void types(struct yaml_writer *y) {
    struct buf inert BUF_CLEANUP = {0};
    buf_lit(&inert, "org.example.");
    buf_uint(&inert, 7);
    yw_map(y);
    lists(y);
    yw_key(y, "path");
    yw_path(y, (struct path){"/a/path"});
    yw_key(y, "empty");
    yw_map(y);
    yw_end(y);
    yw_key(y, "none");
    yw_list(y);
    yw_end(y);
    yw_key(y, "number");
    yw_uint(y, UINT64_MAX);
    yw_key(y, "switch");
    yw_bool(y, false);
    yw_key(y, "name");
    yw_inert(y, &inert);
    yw_end(y);
}

static void write(struct buf *out, struct text text) {
    struct yaml_writer y;
    yw_start(&y, out);
    yw_comment(&y, "our own words");
    yw_comment_text(&y, text);
    yw_map(&y);
    yw_key(&y, "text");
    yw_text(&y, text);
    yw_end(&y);
    yw_next_document(&y);
    types(&y);
    yw_finish(&y);
}

int main(int argc, char **argv) {
    return write_corpus(argc, argv, write);
}
