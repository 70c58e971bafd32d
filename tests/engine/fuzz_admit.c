/*
 * libFuzzer's harness: any bytes as a request, and what must hold of each that goes on. The first
 * byte says of which policy, version and channel; then lines: method, target, scheme, authority,
 * and fields with a colon.
 */
#include "base/die.h"
#include "engine/admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define RULES                                                                                      \
    "{\"format\": 1, \"sandbox\": \"demo\", \"enforcement\": \"%s\","                              \
    "\"listen\": {\"host\": \"127.0.0.1\", \"port\": 1}, \"rules\": ["                             \
    "{\"host\": \"a.example.org\", \"suffix\": false, \"scheme\": \"https\", \"methods\": "        \
    "[\"GET\", \"POST\"], \"paths\": [\"/v1/**\", \"/a*b*/%%2F/**/x\"], \"ports\": [443, 8443], "  \
    "\"websocket\": true},"                                                                        \
    "{\"host\": \"example.org\", \"suffix\": true, \"scheme\": \"http\", \"methods\": [\"GET\"], " \
    "\"paths\": [\"/**\"], \"ports\": [80], \"websocket\": false}], \"credentials\": [%s]}"
#define CREDENTIAL(name, inject, placeholder)                                                      \
    "{\"name\": \"" name "\", \"source\": {\"kind\": \"systemd\", \"name\": \"x\"}, "              \
    "\"hosts\": [{\"host\": \"a.example.org\", \"suffix\": false}], \"inject\": {" inject          \
    "}, \"placeholder\": \"" placeholder "\"}"

#define SECRET "the-real-secret-0123456789"
#define PLACEHOLDER "placeholder-of-key"

static struct egress *policies[4];
static struct vault *vault;
static bool guessed; /* libFuzzer sees what is compared, and so finds the secret itself */

static struct egress *load(const char *enforcement, const char *credentials) {
    char text[4096], *problem;
    int n = snprintf(text, sizeof text, RULES, enforcement, credentials);
    struct egress *egress = egress_load(text, (size_t)n, &problem);
    if (!egress)
        die("%s", problem);
    return egress;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    static const char credentials[] =
        CREDENTIAL("key", "\"header\": \"x-api-key\"", PLACEHOLDER) "," CREDENTIAL(
            "query", "\"query\": \"key\"", "placeholder-of-query");
    static char folder[] = "/tmp/fuzz_admit.XXXXXX", path[64];
    const char *names[] = {"key", "query"};
    if (!mkdtemp(folder))
        die("no folder");
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "w");
        if (!file || fputs(SECRET "\n", file) < 0 || fclose(file) != 0)
            die("no secret");
    }
    policies[0] = load("enforce", "");
    policies[1] = load("enforce", credentials);
    policies[2] = load("audit", credentials);
    policies[3] = load("audit", "");
    vault = vault_new(folder, NULL, NULL);
    for (size_t i = 0; i < policies[1]->credential_count; i++) { /* what was read stays */
        struct bytes secret;
        struct forms *forms;
        struct arena *arena = arena_new();
        if (vault_read(vault, &policies[1]->credentials[i], arena, &secret, &forms))
            die("no secret is read");
        arena_free(arena);
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

static bool holds(struct bytes b, const char *text) {
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= b.n; i++)
        if (memcmp(b.s + i, text, n) == 0)
            return true;
    return false;
}

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what))                                                                               \
            die("does not hold: %s", #what);                                                       \
    } while (0)

static void check_fields(const struct egress *egress, const struct admitted *out) {
    static const char *const never[] = {
        "host",          "content-length",   "transfer-encoding",
        "upgrade",       "connection",       "te",
        "expect",        "proxy-connection", "x-http-method-override",
        "trailer",       "x_forwarded_host", "x-original-url",
        "content_length"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        MUST(!fields_have(&out->fields, never[i]));
    for (size_t i = 0; i < out->fields.n; i++) {
        const struct field *field = &out->fields.v[i];
        MUST(field->name.n > 0 && !memchr(field->name.s, ':', field->name.n));
        MUST(!field->value.n || (!memchr(field->value.s, '\n', field->value.n) &&
                                 !memchr(field->value.s, '\r', field->value.n) &&
                                 !memchr(field->value.s, '\0', field->value.n)));
        if (egress->credential_count)
            MUST(!holds(field->value, PLACEHOLDER) && !holds(field->name, PLACEHOLDER));
        MUST(out->secret_count || guessed || !holds(field->value, SECRET));
    }
}

static void check_passed(const struct channel *channel, const struct egress *egress,
                         const struct admitted *out) {
    MUST(out->tls == channel->tls && (!channel->host || out->port == channel->port));
    MUST(!channel->host || strcmp(out->host, channel->host) == 0);
    MUST(out->target.n > 0 && out->target.s[0] == '/');
    for (size_t i = 0; i < out->target.n; i++)
        MUST(out->target.s[i] > ' ' && out->target.s[i] <= '~' && out->target.s[i] != '#');
    for (const char *p = out->host; *p; p++)
        MUST((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || strchr("._-", *p));
    MUST(out->secret_count == 0 || (out->tls && strcmp(out->host, "a.example.org") == 0));
    MUST(!out->filled == !out->secret_count);
    check_fields(egress, out);
}

static void check(const struct channel *channel, const struct egress *egress,
                  struct admitted *out) {
    char *line = json_dumps(out->line, JSON_ENSURE_ASCII);
    MUST(line && !strchr(line, '\n') && strstr(line, "\"verdict\""));
    MUST(!strstr(line, "\"path\": \"?") && strlen(line) < 100000);
    free(line);
    if (out->status == 0) {
        check_passed(channel, egress, out);
    } else {
        char *answer = admit_answer(out->reason, out->missing);
        json_t *read = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
        MUST(read && strchr(answer, '\n') == answer + strlen(answer) - 1);
        MUST(!out->secret_count && !out->filled);
        json_decref(read);
        free(answer);
    }
    admitted_clear(out);
}

static struct request read_request(struct arena *arena, struct bytes rest) {
    struct request request = {0};
    request.method = bytes_before(rest, '\n', &rest);
    request.target = bytes_before(rest, '\n', &rest);
    request.scheme = bytes_before(rest, '\n', &rest);
    request.authority = bytes_before(rest, '\n', &rest);
    while (rest.s) {
        struct bytes value, name = bytes_before(bytes_before(rest, '\n', &rest), ':', &value);
        fields_add(arena, &request.fields, name, bytes_trim(value));
    }
    return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const hosts[] = {"a.example.org", "x.example.org"};
    struct admitted out;
    if (size == 0)
        return 0;
    char *copy =
        must_alloc(size); /* its own size, so that a sanitizer sees what is read behind it */
    memcpy(copy, data + 1, size - 1);
    guessed = holds((struct bytes){copy, size - 1}, SECRET);
    struct arena *arena = arena_new();
    struct request request = read_request(arena, (struct bytes){copy, size - 1});
    struct channel channel = {.tls = data[0] & 0x10};
    const struct egress *egress = policies[data[0] & 3];
    bool extended = (data[0] >> 2 & 3) == 3; /* RFC 8441 */
    request.version = extended ? HTTP_2 : (enum http_version)(data[0] >> 2 & 3);
    if (extended)
        request.protocol = BYTES("websocket");
    request.ends = data[0] & 0x80;
    if (data[0] & 0x20) {
        channel.host = channel.sni = hosts[data[0] >> 6 & 1];
        channel.port = channel.tls ? 443 : 80;
    }
    admit_request(egress, vault, (struct date){2027, 6, 30}, &channel, &request, arena, &out);
    MUST(out.status || !extended || (out.websocket && !out.has_body && out.method.n == 3));
    check(&channel, egress, &out);
    admit_connect(egress, (struct date){2027, 6, 30}, &channel, &request, arena, &out);
    MUST(out.status || (out.host && out.port > 0));
    admitted_clear(&out);
    arena_free(arena);
    free(copy);
    return 0;
}
