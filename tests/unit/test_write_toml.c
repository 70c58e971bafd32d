/* Strings of TOML, as values and as keys, read back by Python's tomllib. */
#include "round_trip.h"
#include "write/write_toml.h"

/* Every key and every value, in order, with a NUL behind each. */
#define READ                                                                                       \
    "python3 -B -c 'import sys, tomllib\n"                                                         \
    "for k, v in tomllib.load(open(sys.argv[1], \"rb\"))[\"t\"].items():\n"                        \
    "    sys.stdout.buffer.write((k + \"\\0\" + v + \"\\0\").encode())'"

int main(void) {
    struct buf file BUF_CLEANUP = {0}, out BUF_CLEANUP = {0};
    buf_lit(&file, "[t]\n");
    for (size_t i = 0; i < hostile_count; i++) {
        toml_text(&file, (struct text){hostile[i].in});
        buf_lit(&file, " = ");
        toml_text(&file, (struct text){hostile[i].in});
        buf_lit(&file, "\n");
    }
    toml_host(&file, (struct host_pattern){{"a.example.org"}, true});
    buf_lit(&file, " = ");
    toml_path(&file, (struct path){"/run/x.sock"});
    buf_lit(&file, "\n");
    run_on(READ, &file, &out);
    const char *p = out.data, *end = out.data + out.len;
    for (size_t i = 0; i < hostile_count; i++) {
        p = expect_next("a key of TOML", p, end, hostile[i].in);
        p = expect_next("a value of TOML", p, end, hostile[i].in);
    }
    p = expect_next("a host as a key", p, end, "*.a.example.org");
    p = expect_next("a path as a value", p, end, "/run/x.sock");
    expect_true("nothing behind the last", p == end);
    return finish();
}
