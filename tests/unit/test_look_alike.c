/* What is found in a text that looks like a secret: all of it and no more, and how it is shown. The
 * texts are put together here, so that no file of the project looks as if it held a secret. */
#include "round_trip.h"
#include "spec/look_alike.h"

#include <stdio.h>
#include <string.h>

#define TAIL "xX0xxX0xxX0xxX0xxX0xxX0xxX0xxX0xxX0xxX0x"
#define BEGIN(label)                                                                               \
    "-----BEGIN " label "PRIVATE"                                                                  \
    " KEY-----"
#define END(label)                                                                                 \
    "-----END " label "PRIVATE"                                                                    \
    " KEY-----"

/* What is found in the text, in angle brackets. */
static const char *found_in(const char *text) {
    static char out[1000];
    struct look_alike it;
    const char *at = text;
    size_t n = 0;
    out[0] = '\0';
    while (look_alike_next(text, &at, &it) && n < sizeof out)
        n += (size_t)snprintf(out + n, sizeof out - n, "<%.*s>", (int)it.n, it.s);
    return out;
}

static void finds(void) {
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},
        {"ghp_" TAIL, "<ghp_" TAIL ">"},
        {"with ghp_" TAIL ".", "<ghp_" TAIL ">"},
        {"ghp_" TAIL "...", "<ghp_" TAIL ">"},
        {"AKIA" TAIL ".txt", "<AKIA" TAIL ".txt>"},
        {"a=AKIA" TAIL ",b=AKIA" TAIL "x", "<AKIA" TAIL "><AKIA" TAIL "x>"},
        {"AKIA" TAIL "-ghp_" TAIL, "<AKIA" TAIL "-ghp_" TAIL ">"},
        {"xAKIA" TAIL " _AKIA" TAIL, ""},
        {"ghp_short ghp_placeholder" TAIL, ""},
        {"sk-placeholder" TAIL "-ghp_" TAIL, "<ghp_" TAIL ">"},
        {"AKIAxxxx............", "<AKIAxxxx........>"},
        {"grep '" BEGIN("RSA ") "' file", "<" BEGIN("RSA ") ">"},
        {"x" BEGIN("") "\nabc\n" END("") "\n", "<" BEGIN("") "\nabc\n" END("") ">"},
        {BEGIN("") "\na" END("") BEGIN("EC ") "\nb" END("EC ") "c",
         "<" BEGIN("") "\na" END("") "><" BEGIN("EC ") "\nb" END("EC ") ">"},
        {BEGIN("") "\na" BEGIN("") "\nb" END(""), "<" BEGIN("") "><" BEGIN("") "\nb" END("") ">"},
        {BEGIN("") "\n-----a-----END X-----\n" END(""),
         "<" BEGIN("") "\n-----a-----END X-----\n" END("") ">"},
        {"-----BEGIN CERTIFICATE-----\na\n-----END CERTIFICATE-----\n" BEGIN(""),
         "<" BEGIN("") ">"},
        {"-----BEGIN CERTIFICATE-----\n" END(""), ""},
        {"-----BEGIN ", ""},
        {"-----BEGIN -----", ""},
        {BEGIN("") "AKIA" TAIL END("") " AKIA" TAIL,
         "<" BEGIN("") "AKIA" TAIL END("") "><AKIA" TAIL ">"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_equal(rows[i].in, found_in(rows[i].in), rows[i].out);
}

/* What is found can be named, and little else. */
static void findable(void) {
    static const char *const texts[] = {"ghp_" TAIL, BEGIN("RSA "), BEGIN("") "\na" END(""),
                                        "abc123def456ghi789."};
    static const char *const others[] = {"a b",   "ghp_" TAIL " ", "a" BEGIN(""),
                                         END(""), BEGIN("") "\n",  "-----BEGIN "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_true(texts[i], look_alike_findable(texts[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect_true(others[i], !look_alike_findable(others[i]));
}

/* A token can begin at each of these, and looking for the end each time would take minutes. */
static void goes_once(void) {
    static const char *const parts[] = {"-", "-a", "-----", "-----BEGIN ", "-----END "};
    static char text[1000001];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = strlen(parts[i]);
        for (size_t k = 0; k < sizeof text - 1; k++)
            text[k] = parts[i][k % n];
        expect_equal(parts[i], found_in(text), "");
    }
}

static void variables(void) {
    expect_true("a token's name", look_alike_variable("MY_TOKEN", "abc123def456ghi789"));
    expect_true("a small one", look_alike_variable("my_token", "abc123def456ghi7"));
    expect_true("too short", !look_alike_variable("MY_TOKEN", "abc123def456ghi"));
    expect_true("two words", !look_alike_variable("MY_TOKEN", "abc123def456ghi789 x"));
    expect_true("no digit", !look_alike_variable("MY_TOKEN", "abcdefghijklmnopqrst"));
    expect_true("another name", !look_alike_variable("MY_TOKENS", "abc123def456ghi789"));
}

static void shown(void) {
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"abc123def456ghi789", "abc1...89"},
        {"ghp_" TAIL, "ghp_...0x"},
        {BEGIN("RSA "), BEGIN("RSA ")},
        {BEGIN("RSA ") "\na\n" END("RSA "), BEGIN("RSA ") "..."},
        {BEGIN("a label of more than forty characters ") END(""), "-----BEGIN ..."},
        {"short", "short"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[LOOK_ALIKE_SHOWN];
        look_alike_short((struct look_alike){rows[i].in, strlen(rows[i].in)}, text);
        expect_equal(rows[i].in, text, rows[i].out);
    }
}

int main(void) {
    finds();
    findable();
    goes_once();
    variables();
    shown();
    return finish();
}
