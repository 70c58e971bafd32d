/* The type of what lint found: a word of findings.h. */
#include "spec/schema.h"

static const char *const finding_words[] = {
#define ROW(id, word) word,
    FINDINGS(ROW)
#undef ROW
        NULL};

static void write_finding(struct json_writer *j, const void *value) {
    jw_literal_(j, finding_words[*(const int *)value]);
}

static bool finding_is_set(const void *value) {
    (void)value;
    return true;
}

const struct type type_finding = {.doc = "a finding",
                                  .kind = JSON_KIND_STRING,
                                  .size = sizeof(int),
                                  .write = write_finding,
                                  .is_set = finding_is_set,
                                  .values = finding_words};

const char *finding_word(enum finding_kind finding) {
    return finding == FINDING_ACCEPTS_NOTHING ? "accepts-nothing" : finding_words[finding];
}
