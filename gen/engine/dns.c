#include "engine/dns.h"
#include "base/arena.h"
#include "engine/target.h"

#include <string.h>
#include <sys/types.h>

#include <netinet/in.h>

#include <arpa/nameser.h>

/* KEPT_SECONDS: that a program may keep an answer; asking again costs nothing, and an engine that
 * was started anew knows no name that is not asked for again. TAKES: no question is longer, and in
 * a longer message each name may point through all of it, which is to be followed. */
enum { KEPT_SECONDS = 5, TAKES = 1232, QUESTION_AT = 12, LONGEST_LABEL = 63 };

struct writer {
    unsigned char *at, *start;
};

static void put16(struct writer *out, unsigned value) {
    *out->at++ = (unsigned char)(value >> 8);
    *out->at++ = (unsigned char)value;
}

static void put32(struct writer *out, uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

static void count(struct writer *out, size_t field) { /* one more record of that section */
    out->start[field + 1]++;
}

/* A record of the name in the question (section 4.1.4). */
static void put_record(struct writer *out, unsigned type, const void *data, size_t length) {
    put16(out, 0xc000 | QUESTION_AT);
    put16(out, type);
    put16(out, ns_c_in);
    put32(out, KEPT_SECONDS);
    put16(out, (unsigned)length);
    memcpy(out->at, data, length);
    out->at += length;
    count(out, 6);
}

/* RFC 6891, section 6.1.1: who shows that it knows extensions is answered with ours, which are
 * none. */
static void put_extensions(struct writer *out) {
    *out->at++ = 0;
    put16(out, ns_t_opt);
    put16(out, TAKES);
    put32(out, 0);
    put16(out, 0);
    count(out, 10);
}

static bool knows_extensions(ns_msg *message) {
    ns_rr record;
    for (int i = 0; i < ns_msg_count(*message, ns_s_ar); i++)
        if (ns_parserr(message, ns_s_ar, i, &record) == 0 && ns_rr_type(record) == ns_t_opt)
            return true;
    return false;
}

static bool ends_with(const char *name, const char *ending) {
    size_t n = strlen(name), length = strlen(ending);
    return n >= length && strcmp(name + n - length, ending) == 0;
}

static void answer_localhost(struct writer *out, unsigned type) {
    static const unsigned char four[4] = {127, 0, 0, 1}, six[16] = {[15] = 1};
    if (type == ns_t_a)
        put_record(out, type, four, sizeof four);
    if (type == ns_t_aaaa)
        put_record(out, type, six, sizeof six);
}

/* The code of the answer: section 4.1.1. */
static unsigned answer(struct names *names, uint32_t now, const ns_rr *question, struct writer *out,
                       const char **asked) {
    const char *text = ns_rr_name(*question), *name;
    bool is_new;
    if (ns_rr_class(*question) != ns_c_in)
        return ns_r_refused;
    struct arena *arena = arena_new();
    unsigned code = ns_r_nxdomain;
    struct bytes whole = bytes_of(text);
    bool is_name = !target_host(arena, whole, &name);
    if (bytes_are(whole, "localhost") || (is_name && ends_with(name, ".localhost"))) {
        answer_localhost(out, ns_rr_type(*question));
        code = ns_r_noerror;
    } else if (is_name && (!ends_with(name, ".arpa") || ends_with(name, ".home.arpa"))) {
        uint32_t address = names_address(names, name, now, &is_new);
        code = address ? ns_r_noerror : ns_r_servfail;
        if (is_new)
            *asked = names_at(names, address, now);
        address = htonl(address);
        if (address && ns_rr_type(*question) == ns_t_a)
            put_record(out, ns_t_a, &address, sizeof address);
    }
    arena_free(arena);
    return code;
}

static size_t without_question(struct writer *out, unsigned code) {
    out->start[3] |= (unsigned char)code;
    return QUESTION_AT;
}

/* Its name, type and class; 0: no plain name (nothing stands before it that it could point to). */
static size_t question_length(const unsigned char *at, size_t length) {
    size_t n = 0;
    while (n < length && at[n] && at[n] <= LONGEST_LABEL)
        n += (size_t)at[n] + 1;
    return n + 5 <= length && !at[n] ? n + 5 : 0;
}

size_t dns_answer(struct names *names, uint32_t now, const unsigned char *query, size_t length,
                  unsigned char out[DNS_LONGEST], const char **asked) {
    struct writer writer = {out + QUESTION_AT, out};
    ns_msg message;
    ns_rr question;
    *asked = NULL;
    if (length < QUESTION_AT || query[2] & 0x80)
        return 0; /* an answer to nothing that we asked */
    memset(out, 0, QUESTION_AT);
    memcpy(out, query, 2);
    out[2] =
        (unsigned char)(0x80 | (query[2] & 0x79)); /* an answer; its kind, and whether to ask on */
    out[3] = 0x80;                                 /* others are asked, as far as anybody can see */
    if ((query[2] & 0x78) != ns_o_query << 3)
        return without_question(&writer, ns_r_notimpl);
    if (length > TAKES || ns_initparse(query, (int)length, &message) < 0 ||
        ns_msg_count(message, ns_s_qd) != 1 || ns_parserr(&message, ns_s_qd, 0, &question) < 0)
        return without_question(&writer, ns_r_formerr);
    size_t n = question_length(query + QUESTION_AT, length - QUESTION_AT);
    if (!n)
        return without_question(&writer, ns_r_formerr);
    /* As it was written, capital letters included: some clients compare them. */
    memcpy(writer.at, query + QUESTION_AT, n);
    writer.at += n;
    count(&writer, 4);
    out[3] |= (unsigned char)answer(names, now, &question, &writer, asked);
    if (knows_extensions(&message))
        put_extensions(&writer);
    return (size_t)(writer.at - out);
}
