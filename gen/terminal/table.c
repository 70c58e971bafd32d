/* TABLE 12 as text: for people, and for the test that tries each row. */
#include "terminal/sequences.h"

#include <stdio.h>

static const char *decision_of(const struct sequence *row) {
    switch (row->decision) {
    case DROPPED:
    case NOTICED:
        return "dropped";
    case CLIPBOARD:
        return "clipboard";
    case ASKED:
    case ASKED_MODE:
    case ASKED_COLOUR:
        return "asked";
    default:
        return "shown";
    }
}

static const char *const kinds[] = {
    [A_CONTROL] = "control",   [A_CHARACTER] = "character", [AN_ESCAPE] = "escape",
    [A_SEQUENCE] = "sequence", [A_MODE] = "mode",           [A_COMMAND] = "command",
    [A_STRING] = "string",
};

static void print_byte(char byte) {
    if (byte >= ' ' && byte < 0x7f && byte != '\\')
        putchar(byte);
    else
        printf("\\%03o", (unsigned)(unsigned char)byte);
}

void table_print(void) {
    for (size_t i = 0; i < sequences_count; i++) {
        const struct sequence *row = &sequences[i];
        printf("%s\t%s\t", decision_of(row), kinds[row->kind]);
        for (const char *at = row->example; *at; at++)
            print_byte(*at);
        printf("\t%s\t%s\n", row->what, row->source);
    }
}
