/* A property list with the text as a string, among every other type. */
#include "darwin_corpus.h"
#include "write/write_xml.h"

static void write(struct buf *out, struct text text) {
    struct buf inert BUF_CLEANUP = {0};
    buf_lit(&inert, "org.example.");
    buf_uint(&inert, 7);
    struct plist p;
    plist_start(&p, out);
    plist_dict(&p);
    plist_key(&p, "text");
    plist_text(&p, text);
    plist_key(&p, "types");
    plist_array(&p);
    plist_bool(&p, true);
    plist_bool(&p, false);
    plist_uint(&p, UINT64_MAX);
    plist_string(&p, "<literal>");
    plist_name(&p, (struct name){"name"});
    plist_path(&p, (struct path){"/a/path"});
    plist_inert(&p, &inert);
    plist_dict(&p);
    plist_end(&p);
    plist_array(&p);
    plist_end(&p);
    plist_end(&p);
    plist_end(&p);
    plist_finish(&p);
}

/* What XML cannot hold: a control character, noncharacters, a byte that is no UTF-8. */
static void write_replaced(const char *folder) {
    enum { NUMBER = 1000 };
    struct buf out BUF_CLEANUP = {0};
    write(&out, (struct text){"a\x01 \xef\xbf\xbe \xef\xbf\xbf \xff z"});
    const char *meant = "a\xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd z";
    save(folder, NUMBER, "text", meant, strlen(meant));
    save(folder, NUMBER, "written", out.data, out.len);
}

int main(int argc, char **argv) {
    if (argc == 2)
        write_replaced(argv[1]);
    return write_corpus(argc, argv, write);
}
