/* Shell words, read back by the shells: each must print the very bytes that went in. */
#include "round_trip.h"
#include "write/write_sh.h"

static const char *const shells[] = {"dash", "bash", "bash --posix", "zsh", "zsh -o rcquotes"};

/* Exported, seen by the shell itself and by a child. */
static void script(struct buf *b) {
    for (size_t i = 0; i < hostile_count; i++) {
        sh_export(b, (struct name){"FIRST"}, (struct text){hostile[i].in});
        buf_lit(b, "printf '%s\\0' \"$FIRST\"\nprintenv -0 FIRST\n");
    }
}

int main(void) {
    struct buf b BUF_CLEANUP = {0};
    script(&b);
    for (size_t s = 0; s < sizeof shells / sizeof *shells; s++) {
        struct buf out BUF_CLEANUP = {0};
        run_on(shells[s], &b, &out);
        const char *p = out.data, *end = out.data + out.len;
        for (size_t i = 0; i < hostile_count; i++)
            for (int k = 0; k < 2; k++)
                p = expect_next(shells[s], p, end, hostile[i].in);
        expect_true(shells[s], p == end);
    }
    struct buf empty BUF_CLEANUP = {0};
    sh_begin(&empty, (struct name){"EMPTY"});
    sh_end(&empty);
    expect_equal("nothing", empty.data, "EMPTY=''\n");
    return finish();
}
