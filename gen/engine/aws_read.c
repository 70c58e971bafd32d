/* What a client signed with placeholder keys. */
#include "engine/aws.h"

#include <ctype.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

static bool all_of(struct bytes b, const char *also, int (*kind)(int)) {
    for (size_t i = 0; i < b.n; i++)
        if (!b.s[i] || !(kind((unsigned char)b.s[i]) || strchr(also, b.s[i])))
            return false;
    return b.n > 0;
}

static int is_small(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int is_small_hex(int c) {
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
}

static int is_plain(int c) {
    return isalnum(c);
}

static int is_digit(int c) {
    return c >= '0' && c <= '9';
}

/* The only field of that name; s NULL: there is none, or more than one. */
static struct bytes only(const struct fields *fields, const char *name) {
    size_t at = 0;
    const struct field *one = fields_next(fields, name, &at);
    return one && !fields_next(fields, name, &at) ? one->value : (struct bytes){0};
}

/* What stands behind "KEY="; s NULL: it does not begin so. */
static struct bytes behind(struct bytes b, const char *key) {
    size_t n = strlen(key);
    if (b.n <= n || memcmp(b.s, key, n) != 0 || b.s[n] != '=')
        return (struct bytes){0};
    return (struct bytes){b.s + n + 1, b.n - n - 1};
}

/* PLACEHOLDER/DATE/REGION/SERVICE/aws4_request */
static bool read_scope(struct bytes text, const char *placeholder, struct aws_asked *asked) {
    struct bytes rest, end;
    if (!bytes_equal(bytes_before(text, '/', &rest), bytes_of(placeholder)) || !rest.s)
        return false;
    asked->scope = rest;
    struct bytes day = bytes_before(rest, '/', &rest);
    asked->region = bytes_before(rest, '/', &rest);
    asked->service = bytes_before(rest, '/', &end);
    return day.n == 8 && all_of(day, "", is_digit) && all_of(asked->region, "-_", is_plain) &&
           all_of(asked->service, "-_", is_plain) && bytes_equal(end, BYTES("aws4_request"));
}

/* Each of the three once, in any order. */
static bool read_authorization(struct bytes value, const char *placeholder,
                               struct aws_asked *asked) {
    struct bytes rest, part, signature = {0};
    unsigned seen = 0, count = 0;
    if (!bytes_equal(bytes_before(value, ' ', &rest), BYTES(ALGORITHM)))
        return false;
    while (rest.s) {
        struct bytes one = bytes_trim(bytes_before(rest, ',', &rest));
        count++;
        if ((part = behind(one, "Credential")).s && read_scope(part, placeholder, asked))
            seen |= 1;
        else if ((part = behind(one, "SignedHeaders")).s &&
                 all_of(part, "!#$%&'*+-.^_`|~;", is_small))
            seen |= 2, asked->names = part;
        else if ((part = behind(one, "Signature")).s && all_of(part, "", is_small_hex))
            seen |= 4, signature = part;
    }
    return seen == 7 && count == 3 && signature.n == 64;
}

static bool is_date(struct bytes b) {
    return b.n == 16 && b.s[8] == 'T' && b.s[15] == 'Z' &&
           all_of((struct bytes){b.s, 8}, "", is_digit) &&
           all_of((struct bytes){b.s + 9, 6}, "", is_digit);
}

static bool begins(struct bytes b, const char *with) {
    size_t n = strlen(with);
    return b.n >= n && memcmp(b.s, with, n) == 0;
}

static const char *payload_wrong(struct arena *arena, const char *name, const struct fields *fields,
                                 struct aws_asked *asked) {
    if (!fields_have(fields, "x-amz-content-sha256"))
        return NULL;
    struct bytes found = only(fields, "x-amz-content-sha256");
    asked->payload = found;
    if ((found.n == 64 && all_of(found, "", is_small_hex)) ||
        bytes_equal(found, BYTES("UNSIGNED-PAYLOAD")) ||
        bytes_equal(found, BYTES("STREAMING-UNSIGNED-PAYLOAD-TRAILER")))
        return NULL;
    if (begins(found, "STREAMING-"))
        return arena_printf(arena,
                            "credential %s: a body that is signed chunk by chunk cannot be signed "
                            "again; let the client put UNSIGNED-PAYLOAD, or the hash of the whole "
                            "body, into X-Amz-Content-SHA256",
                            name);
    return arena_printf(arena,
                        "credential %s: X-Amz-Content-SHA256 is neither one hash nor "
                        "UNSIGNED-PAYLOAD nor STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                        name);
}

const char *aws_read(struct arena *arena, const struct egress_credential *credential,
                     const struct fields *fields, struct aws_asked *asked) {
    struct bytes value = only(fields, "authorization");
    *asked = (struct aws_asked){0};
    if (begins(value, "AWS4-ECDSA-P256-SHA256 "))
        return arena_printf(
            arena,
            "credential %s: a signature for several regions (SigV4A) cannot be made "
            "again; let the client sign for one region, with " ALGORITHM,
            credential->name);
    if (!read_authorization(value, credential->placeholder, asked))
        return arena_printf(arena,
                            "credential %s: Authorization is not " ALGORITHM
                            " with Credential=PLACEHOLDER/DATE/REGION/SERVICE/aws4_request, "
                            "SignedHeaders and Signature",
                            credential->name);
    asked->date = only(fields, "x-amz-date");
    if (!is_date(asked->date) || memcmp(asked->date.s, asked->scope.s, 8) != 0)
        return arena_printf(arena,
                            "credential %s: what is signed has one X-Amz-Date, of the day that "
                            "Authorization names",
                            credential->name);
    return payload_wrong(arena, credential->name, fields, asked);
}

bool aws_is_presigned(struct arena *arena, struct bytes target) {
    static const char *const names[] = {"x-amz-signature", "x-amz-credential", "awsaccesskeyid"};
    struct bytes rest, unused;
    bytes_before(target, '?', &rest);
    while (rest.s) {
        struct bytes pair = bytes_before(rest, '&', &rest);
        struct bytes name = bytes_unquoted(arena, bytes_before(pair, '=', &unused));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (bytes_are(name, names[i]))
                return true;
    }
    return false;
}
