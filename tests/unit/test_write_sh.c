/* Shell words, read back by the shells: each must print the very bytes that went in. */
#include "round_trip.h"
#include "write_sh.h"

static const char *const shells[] = {"dash", "bash", "bash --posix", "zsh", "zsh -o rcquotes"};

/* A: a word; B: an assignment by literal key; C: by name; D: exported, seen by a child. */
static void script(struct buf *b) {
    for (size_t i = 0; i < hostile_count; i++) {
        struct text text = {hostile[i].in};
        buf_lit(b, "printf '%s\\0' ");
        sh_text(b, text);
        buf_lit(b, "\n");
        sh_assign(b, "FIRST", text);
        buf_lit(b, "printf '%s\\0' \"$FIRST\"\n");
        sh_assign_name(b, (struct name){"SECOND"}, text);
        buf_lit(b, "printf '%s\\0' \"$SECOND\"\n");
        sh_export(b, (struct name){"THIRD"}, text);
        buf_lit(b, "printenv -0 THIRD\n");
    }
}

static void lists(void) {
    struct buf b BUF_CLEANUP = {0};
    sh_begin(&b, "LIST");
    for (unsigned i = 1; i <= 3; i++) {
        sh_item(&b);
        buf_uint(&b, i);
    }
    sh_end(&b);
    sh_begin_name(&b, (struct name){"EMPTY"});
    sh_end(&b);
    expect_equal("a list", b.data, "LIST='1 2 3'\nEMPTY=''\n");
}

int main(void) {
    struct buf b BUF_CLEANUP = {0};
    script(&b);
    for (size_t s = 0; s < sizeof shells / sizeof *shells; s++) {
        struct buf out BUF_CLEANUP = {0};
        run_on(shells[s], &b, &out);
        const char *p = out.data, *end = out.data + out.len;
        for (size_t i = 0; i < hostile_count; i++)
            for (int k = 0; k < 4; k++)
                p = expect_next(shells[s], p, end, hostile[i].in);
        expect_true(shells[s], p == end);
    }
    lists();
    return finish();
}
