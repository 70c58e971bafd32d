/*
 * tests/engine/decide: what the engine decides, for requests as lines of JSON. Bytes are Latin-1 in
 * JSON. One line of JSON answers each line.
 *
 *     {"policy": TEXT}                                {"problem": TEXT or null}
 *     {"grants": TEXT}                                the same, of what operators have granted
 *     {"host": BYTES}, {"authority": BYTES, "usual": PORT}, {"path": BYTES}, {"pattern": TEXT,
 * "path": BYTES}
 *     {"request": {...}, "channel": {...}, "today": [Y, M, D]}    and "repeat": N measures it;
 * "reload": true before it is answered
 *     {"connect": {...}, "channel": {...}, "today": [Y, M, D]}
 *     {"hello": {"name": BYTES or null, "wrong": TEXT or null}, "channel": {...}, "today": ...}
 *     {"unread": true, "channel": {...}, "today": ...}
 *     {"first": BYTES}                                what begins, and the name of a ClientHello
 *     {"reach": ADDRESS, "range": CIDR}               {"listed": BOOL, "alone": BOOL}
 *     {"usage": [BYTES, ...]}                         {"tokens": N}: of an answer in these pieces
 *     {"place": BYTES, "pointer": TEXT}               {"kind": N, "start": N, "end": N, "text":
 * BYTES}
 *     {"forget": true}                                the vault looks again
 *     {"read": N}                                     the secret of the policy's Nth credential
 */
#include "base/buf_raw.h"
#include "engine/admit.h"
#include "engine/grants.h"
#include "engine/hello.h"
#include "engine/json_place.h"
#include "engine/packages.h"
#include "engine/usage.h"
#include "engine/world.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct egress *egress;
static json_t *policy; /* its text */
static struct vault *vault;
static const char *folder;
static struct grants *granted;
static json_t *complaints;

static void complain(const char *problem) {
    json_array_append_new(complaints, json_string(problem));
}

static struct bytes bytes_in(struct arena *arena, const json_t *item) {
    size_t length = json_string_length(item), n = 0;
    const unsigned char *s = (const unsigned char *)json_string_value(item);
    if (!s)
        return (struct bytes){0};
    char *out =
        malloc(length + 1); /* its own size, so that a sanitizer sees what is read behind it */
    for (size_t i = 0; i < length; i++)
        if (s[i] < 0x80)
            out[n++] = (char)s[i];
        else
            out[n++] = (char)((s[i] & 3) << 6 | (s[i + 1] & 0x3f)), i++;
    struct bytes b = bytes_copy(arena, (struct bytes){out, n});
    free(out);
    return b;
}

static json_t *bytes_out(struct bytes b) {
    char *out = malloc(2 * b.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < b.n; i++) {
        unsigned char c = (unsigned char)b.s[i];
        if (c < 0x80) {
            out[n++] = (char)c;
        } else {
            out[n++] = (char)(0xc0 | c >> 6);
            out[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    json_t *text = b.s ? json_stringn(out, n) : json_null();
    free(out);
    return text;
}

static json_t *why_or_null(const char *why) {
    return why ? json_string(why) : json_null();
}

static json_t *load(const json_t *text) {
    char *problem;
    struct egress *loaded =
        egress_load(json_string_value(text), json_string_length(text), &problem);
    if (loaded) {
        egress_free(egress);
        egress = loaded;
        json_decref(policy);
        policy = json_deep_copy(text);
        egress->granted = granted;
    }
    json_t *out = json_pack("{s:o}", "problem", why_or_null(problem));
    free(problem);
    return out;
}

static char grants_problem[400];

static void complain_of_grants(const char *path, const char *why) {
    (void)path;
    snprintf(grants_problem, sizeof grants_problem, "%s", why);
}

static void nothing(void) {
}

static json_t *grant(const json_t *text) {
    static char path[400];
    const char *paths[] = {path};
    snprintf(path, sizeof path, "%s/grants.json", folder);
    FILE *file = fopen(path, "w");
    if (!file)
        exit(1);
    fwrite(json_string_value(text), json_string_length(text), 1, file);
    fclose(file);
    grants_free(granted);
    *grants_problem = '\0';
    granted = grants_new(paths, 1, (struct grants_events){complain_of_grants, nothing});
    grants_refresh(granted);
    if (egress)
        egress->granted = granted;
    return json_pack("{s:o}", "problem", why_or_null(*grants_problem ? grants_problem : NULL));
}

static json_t *parse(struct arena *arena, const json_t *line) {
    const json_t *item;
    const char *name = NULL, *why, *compiled;
    int port = 0;
    struct target target = {0};
    json_t *out = json_object(), *readings = json_array();
    if ((item = json_object_get(line, "host"))) {
        why = target_host(arena, bytes_in(arena, item), &name);
    } else if ((item = json_object_get(line, "authority"))) {
        why =
            target_authority(arena, bytes_in(arena, item),
                             (int)json_integer_value(json_object_get(line, "usual")), &name, &port);
    } else {
        why = target_parse(arena, bytes_in(arena, json_object_get(line, "path")), &target);
        for (size_t i = 0; !why && i < target.reading_count; i++)
            json_array_append_new(readings, json_string(target.readings[i]));
    }
    if ((item = json_object_get(line, "pattern"))) {
        const char *wrong = pattern_compile(arena, json_string_value(item), &compiled);
        json_object_set_new(out, "wrong", why_or_null(wrong));
        if (!wrong && !why)
            json_object_set_new(out, "matches",
                                json_boolean(pattern_matches(compiled, target.readings[0])));
    }
    json_object_set_new(out, "why", why_or_null(why));
    json_object_set_new(out, "name", why || !name ? json_null() : json_string(name));
    json_object_set_new(out, "port", json_integer(why ? 0 : port));
    json_object_set_new(out, "readings", readings);
    return out;
}

static struct request request_in(struct arena *arena, const json_t *line) {
    struct request request = {
        .version = (enum http_version)json_integer_value(json_object_get(line, "version")),
        .method = bytes_in(arena, json_object_get(line, "method")),
        .target = bytes_in(arena, json_object_get(line, "target")),
        .scheme = bytes_in(arena, json_object_get(line, "scheme")),
        .authority = bytes_in(arena, json_object_get(line, "authority")),
        .ends = json_is_true(json_object_get(line, "ends"))};
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(line, "fields"), i, field)
        fields_add(arena, &request.fields, bytes_in(arena, json_array_get(field, 0)),
                   bytes_in(arena, json_array_get(field, 1)));
    return request;
}

static struct channel channel_in(struct arena *arena, const json_t *line) {
    const json_t *sni = json_object_get(line, "sni"), *host = json_object_get(line, "host");
    return (struct channel){.tls = json_is_true(json_object_get(line, "tls")),
                            .host = json_is_string(host) ? bytes_in(arena, host).s : NULL,
                            .port = (int)json_integer_value(json_object_get(line, "port")),
                            .sni = json_is_string(sni) ? bytes_in(arena, sni).s : NULL};
}

/* The policy is another one now, while the exchange goes on. */
static void reload(void) {
    char *problem;
    egress_free(egress);
    egress = egress_load(json_string_value(policy), json_string_length(policy), &problem);
    egress->granted = granted;
}

static json_t *passed(const struct admitted *out) {
    json_t *fields = json_array();
    for (size_t i = 0; i < out->fields.n; i++)
        json_array_append_new(fields, json_pack("[oo]", bytes_out(out->fields.v[i].name),
                                                bytes_out(out->fields.v[i].value)));
    json_t *addresses = json_array();
    for (size_t i = 0; i < out->addresses.n; i++) {
        BUF_CLEANUP struct buf text = {0};
        buf_cidr(&text, out->addresses.v[i]);
        json_array_append_new(addresses, json_string(text.data));
    }
    return json_pack(
        "{s:o, s:s, s:i, s:b, s:b, s:b, s:b, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:i, "
        "s:o}",
        "addresses", addresses, "host", out->host, "port", out->port, "tls", out->tls, "websocket",
        out->websocket, "has_body", out->has_body, "te_trailers", out->te_trailers, "authority",
        out->authority, "method", bytes_out(out->method), "target", bytes_out(out->target),
        "fields", fields, "length",
        out->has_length ? json_integer((json_int_t)out->length) : json_null(), "close", out->close,
        "expects", out->expects, "secrets", (int)out->secret_count, "body", bytes_out(out->body));
}

static json_t *admitted_out(struct admitted *out) {
    json_t *said = json_object();
    json_object_set_new(said, "status", json_integer(out->status));
    if (out->line)
        json_object_set(said, "line", out->line);
    if (out->status) {
        char *answer = out->rpc ? NULL : admit_answer(out->reason, out->missing);
        json_object_set_new(said, "answer", json_string(answer ? answer : out->rpc));
        free(answer);
    } else if (out->authority) {
        json_object_set_new(said, "passed", passed(out));
    } else {
        json_object_set_new(said, "tunnel",
                            json_pack("[sisb]", out->host, out->port,
                                      egress_scheme_word(out->scheme), out->may_wait));
    }
    admitted_clear(out);
    return said;
}

/* Of one decision, on the average. */
static json_int_t measure(const struct request *request, const struct channel *channel,
                          struct date today, bool connect, json_int_t times) {
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (json_int_t i = 0; i < times; i++) {
        struct arena *arena = arena_new();
        struct admitted out;
        if (connect)
            admit_connect(egress, today, channel, request, arena, &out);
        else
            admit_request(egress, vault, today, channel, request, arena, &out);
        admitted_clear(&out);
        arena_free(arena);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return ((json_int_t)(end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) /
           times;
}

/* In a tunnel. */
static json_t *inside(struct arena *arena, const json_t *line, struct date today) {
    struct channel channel = channel_in(arena, json_object_get(line, "channel"));
    const json_t *hello = json_object_get(line, "hello");
    struct admitted out;
    if (hello)
        admit_hello(egress, today, &channel, bytes_in(arena, json_object_get(hello, "name")).s,
                    json_string_value(json_object_get(hello, "wrong")), arena, &out);
    else
        admit_unread(egress, today, &channel, arena, &out);
    return admitted_out(&out);
}

static json_t *first(struct arena *arena, const json_t *item) {
    static const char *const words[] = {"more", "tls", "http", "other"};
    static const char *const states[] = {"more", "wrong", "done"};
    struct bytes data = bytes_in(arena, item);
    const char *name;
    enum begin begin = begin_of(data.s, data.n);
    enum hello hello = hello_read(arena, data.s, data.n, &name);
    return json_pack("{s:s, s:s, s:o}", "begins", words[begin], "hello", states[hello], "name",
                     name ? bytes_out(bytes_of(name)) : json_null());
}

static json_t *decide(struct arena *arena, const json_t *line) {
    struct channel channel = channel_in(arena, json_object_get(line, "channel"));
    const json_t *connect = json_object_get(line, "connect"), *day = json_object_get(line, "today");
    struct request request =
        request_in(arena, connect ? connect : json_object_get(line, "request"));
    struct date today = {(uint16_t)json_integer_value(json_array_get(day, 0)),
                         (uint8_t)json_integer_value(json_array_get(day, 1)),
                         (uint8_t)json_integer_value(json_array_get(day, 2))};
    if (json_object_get(line, "hello") || json_object_get(line, "unread"))
        return inside(arena, line, today);
    struct admitted out;
    const json_t *repeat = json_object_get(line, "repeat");
    if (connect)
        admit_connect(egress, today, &channel, &request, arena, &out);
    else
        admit_request(egress, vault, today, &channel, &request, arena, &out);
    if (!connect && out.needs_body) {
        request.body = bytes_in(arena, json_object_get(json_object_get(line, "request"), "body"));
        if (!request.body.s)
            request.body = BYTES("");
        admit_request(egress, vault, today, &channel, &request, arena, &out);
    }
    if (!connect && out.askable) /* as exchange_ask.c does */
        admit_asked(&out, arena,
                    request.body.s ? "what is asked for by the way waits for nobody"
                                   : "nobody is there to be asked");
    /* No index was ever read here. */
    const char *young =
        !connect && !out.status && out.aged ? packages_refuse(arena, out.aged, 0) : NULL;
    if (young)
        admit_hold_back(&out, young);
    if (json_is_true(json_object_get(line, "reload")))
        reload();
    json_t *said = admitted_out(&out);
    if (repeat)
        json_object_set_new(said, "nanoseconds",
                            json_integer(measure(&request, &channel, today, connect != NULL,
                                                 json_integer_value(repeat))));
    return said;
}

static json_t *read_secret(struct arena *arena, const json_t *number) {
    struct bytes secret = {0};
    struct forms *forms;
    const struct egress_credential *one = &egress->credentials[json_integer_value(number)];
    const char *why = vault_read(vault, one, arena, &secret, &forms);
    return json_pack("{s:o, s:o}", "why", why_or_null(why), "secret",
                     why ? json_null() : bytes_out(secret));
}

static struct cidr cidr_in(const char *text) {
    struct cidr cidr = {.family = strchr(text, ':') ? 6 : 4};
    char address[64] = "";
    size_t n = strcspn(text, "/");
    memcpy(address, text, n < sizeof address ? n : 0);
    cidr.length = (uint8_t)atoi(text + n + 1);
    inet_pton(cidr.family == 4 ? AF_INET : AF_INET6, address, cidr.bytes);
    return cidr;
}

static json_t *reach(const char *text, const char *range) {
    struct sockaddr_storage where = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&where;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&where;
    struct cidr cidr = cidr_in(range);
    bool is_six = strchr(text, ':') != NULL;
    where.ss_family = is_six ? AF_INET6 : AF_INET;
    inet_pton(where.ss_family, text, is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr);
    return json_pack("{s:b, s:b}", "listed", world_may_reach((struct sockaddr *)&where, &cidr, 1),
                     "alone", world_may_reach((struct sockaddr *)&where, NULL, 0));
}

static json_t *tokens(struct arena *arena, const json_t *pieces) {
    struct usage *usage = usage_new();
    size_t i;
    json_t *piece;
    json_array_foreach(pieces, i, piece) {
        struct bytes b = bytes_in(arena, piece);
        char *alone = malloc(b.n ? b.n : 1); /* so that a sanitizer sees what is read behind it */
        memcpy(alone, b.s, b.n);
        usage_feed(usage, alone, b.n);
        free(alone);
    }
    json_t *out = json_pack("{s:I}", "tokens", (json_int_t)usage_tokens(usage));
    usage_free(usage);
    return out;
}

static json_t *place(struct arena *arena, const json_t *line) {
    struct bytes b = bytes_in(arena, json_object_get(line, "place"));
    char *alone = malloc(b.n ? b.n : 1); /* so that a sanitizer sees what is read behind it */
    memcpy(alone, b.s, b.n);
    struct json_place found = json_place_find(arena, (struct bytes){alone, b.n},
                                              json_string_value(json_object_get(line, "pointer")));
    bool is_string = found.kind == PLACE_STRING;
    json_int_t start = is_string ? found.literal.s - alone : 0;
    json_t *out = json_pack("{s:i, s:I, s:I, s:o}", "kind", (int)found.kind, "start", start, "end",
                            start + (json_int_t)(is_string ? found.literal.n : 0), "text",
                            bytes_out(is_string ? found.text : BYTES("")));
    free(alone);
    return out;
}

static json_t *answer(struct arena *arena, const json_t *line) {
    if (json_object_get(line, "place"))
        return place(arena, line);
    if (json_object_get(line, "usage"))
        return tokens(arena, json_object_get(line, "usage"));
    if (json_object_get(line, "policy"))
        return load(json_object_get(line, "policy"));
    if (json_object_get(line, "grants"))
        return grant(json_object_get(line, "grants"));
    if (json_object_get(line, "first"))
        return first(arena, json_object_get(line, "first"));
    if (json_object_get(line, "channel"))
        return decide(arena, line);
    if (json_object_get(line, "reach"))
        return reach(json_string_value(json_object_get(line, "reach")),
                     json_string_value(json_object_get(line, "range")));
    if (json_object_get(line, "read"))
        return read_secret(arena, json_object_get(line, "read"));
    if (!json_object_get(line, "forget"))
        return parse(arena, line);
    vault_forget(vault);
    return json_object();
}

int main(int argc, char **argv) {
    char *text = NULL;
    size_t room = 0;
    ssize_t n;
    if (argc < 2)
        return 2;
    if (CRYPTO_secure_malloc_init(65536, 16) == 0)
        return 1;
    complaints = json_array();
    folder = argv[1];
    vault = vault_new(argv[1], argc > 2 ? argv[2] : NULL, complain);
    while ((n = getline(&text, &room, stdin)) > 0) {
        json_error_t error;
        json_t *line = json_loadb(text, (size_t)n, JSON_ALLOW_NUL, &error);
        struct arena *arena = arena_new();
        if (!line)
            return fprintf(stderr, "%s\n", error.text), 1;
        json_t *out = answer(arena, line);
        if (json_array_size(complaints)) {
            json_object_set(out, "complaints", complaints);
            json_decref(complaints);
            complaints = json_array();
        }
        json_dumpf(out, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(out);
        json_decref(line);
        arena_free(arena);
    }
    free(text);
    json_decref(complaints);
    json_decref(policy);
    egress_free(egress);
    vault_free(vault);
    grants_free(granted);
    return 0;
}
