/* git config values, read back by git. */
#include "round_trip.h"
#include "write/write_gitconfig.h"

#include <string.h>

int main(void) {
    struct buf file BUF_CLEANUP = {0}, out BUF_CLEANUP = {0};
    buf_lit(&file, "[t]\n");
    for (size_t i = 0; i < hostile_count; i++) {
        buf_lit(&file, "\tk");
        buf_uint(&file, i);
        buf_lit(&file, " = ");
        gitconfig_value(&file, (struct text){hostile[i].in});
        buf_lit(&file, "\n");
    }
    run_on("git config -z --list -f", &file, &out);
    const char *p = out.data, *end = out.data + out.len;
    for (size_t i = 0; i < hostile_count; i++) {
        struct buf want BUF_CLEANUP = {0};
        buf_lit(&want, "t.k");
        buf_uint(&want, i);
        buf_lit(&want, "\n");
        size_t key = want.len;
        expect_true("git's key", (size_t)(end - p) > key && memcmp(p, want.data, key) == 0);
        p = expect_next("git", p + key, end, hostile[i].in);
    }
    expect_true("nothing behind the last", p == end);
    return finish();
}
