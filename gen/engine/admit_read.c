/* What a request asks for: one reading, or a refusal. */
#include "engine/admit_private.h"
#include "engine/fields_check.h"
#include "spec/vocabulary.h"

#include <string.h>

enum { LONGEST_METHOD = 20 };

static const char *find_scheme_end(struct bytes target) {
    for (size_t i = 0; i + 3 <= target.n; i++)
        if (memcmp(target.s + i, "://", 3) == 0)
            return target.s + i;
    return NULL;
}

static void split_absolute(struct asked *asked) {
    struct bytes target = asked->request->target, rest;
    const char *mark = find_scheme_end(target);
    if (!mark || target.s[0] == '/')
        return;
    size_t n = (size_t)(mark - target.s);
    asked->absolute = true;
    asked->scheme = (struct bytes){target.s, n};
    asked->authority = bytes_before((struct bytes){mark + 3, target.n - n - 3}, '/', &rest);
    asked->path = rest.s ? (struct bytes){rest.s - 1, rest.n + 1} : BYTES("/");
    asked->host = asked->authority;
    for (size_t i = asked->authority.n; i > 0; i--)
        if (asked->authority.s[i - 1] == ':') {
            asked->host.n = i - 1;
            asked->port = (struct bytes){asked->authority.s + i, asked->authority.n - i};
            break;
        }
}

void asked_split(struct asked *asked, struct arena *arena, const struct channel *channel,
                 const struct request *request) {
    *asked = (struct asked){.arena = arena, .channel = channel, .request = request};
    asked->path = request->target;
    asked->extended = request->version == HTTP_2 && bytes_are(request->protocol, "websocket") &&
                      bytes_equal(request->method, BYTES("CONNECT"));
    asked->method = asked->extended ? BYTES("GET") : request->method;
    asked->scheme = bytes_of(channel->tls ? "https" : "http");
    if (request->version != HTTP_2)
        split_absolute(asked);
    else
        asked->scheme = request->scheme;
    if (channel->host)
        asked->host = bytes_of(channel->host);
}

const char *asked_authority(struct arena *arena, const char *host, int port, bool tls) {
    return port == egress_usual_port(tls) ? host : arena_printf(arena, "%s:%d", host, port);
}

/* Where this request goes: the tunnel says so, or the absolute form of plain http. */
static const char *read_origin(struct asked *asked) {
    const struct channel *channel = asked->channel;
    struct egress_question *question = &asked->question;
    question->tls = channel->tls;
    /* Inside a tunnel the absolute form is refused for what it is, with the Host header. */
    if (!(asked->absolute && channel->host) &&
        !bytes_equal(asked->scheme, bytes_of(channel->tls ? "https" : "http")))
        return "https goes through a CONNECT tunnel";
    if (!channel->host) {
        if (channel->tls)
            return "TLS to the proxy itself is not spoken here";
        if (!asked->absolute)
            return "a request to the proxy names its host in the absolute form";
        return target_authority(asked->arena, asked->authority, egress_usual_port(false),
                                &question->host, &question->port);
    }
    question->host = channel->host;
    question->port = channel->port;
    if (channel->tls && !bytes_are(bytes_of(channel->sni ? channel->sni : ""), channel->host))
        return "the TLS server name is not that of the tunnel";
    return NULL;
}

static const char *check_host(const struct asked *asked, struct bytes text) {
    const struct egress_question *question = &asked->question;
    const char *host;
    int port;
    const char *why =
        target_authority(asked->arena, text, egress_usual_port(question->tls), &host, &port);
    if (why)
        return why;
    if (strcmp(host, question->host) != 0 || port != question->port)
        return "the Host header is not that of the connection";
    return NULL;
}

/* Host, or :authority, names the host that is decided; exactly once. */
static const char *check_authority(const struct asked *asked) {
    const struct request *request = asked->request;
    const struct field *field;
    size_t at = 0, hosts = 0;
    const char *why = NULL;
    while (fields_next(&request->fields, "host", &at))
        hosts++;
    if (request->version == HTTP_2) {
        why = check_host(asked, request->authority);
    } else if (asked->absolute && asked->channel->host) {
        return "the absolute form of a request inside a tunnel";
    } else if (hosts == 0 && !asked->channel->host && request->version == HTTP_1_0) {
        return NULL; /* RFC 9112 section 3.2.2: a proxy takes the host from the absolute form */
    } else if (hosts != 1) {
        return "a request has exactly one Host header";
    }
    for (at = 0; !why && (field = fields_next(&request->fields, "host", &at));)
        why = check_host(asked, field->value);
    return why;
}

const char *asked_special_use(struct arena *arena, const struct egress *egress, const char *host) {
    const char *ending = target_special_use(host);
    if (!ending)
        return NULL;
    if (!special_use_is_closed(ending))
        return egress_names_addresses(egress, host)
                   ? NULL
                   : arena_printf(
                         arena,
                         "no name in .%s has a public address: a rule for %s has to say in "
                         "\"addresses\" which ones it may have",
                         ending, host);
    return arena_printf(arena,
                        "no name in .%s has a public address, and the proxy goes to no other: %s "
                        "is not reached through it, whatever the rules say",
                        ending, host);
}

static const char *read_method(struct asked *asked) {
    struct bytes method = asked->method;
    const char *text = bytes_copy(asked->arena, method).s;
    bool fits = method.n > 0 && method.n <= LONGEST_METHOD;
    if (fits && strlen(text) == method.n && method_is_refused(text))
        return arena_printf(asked->arena, "%s is never let through", text);
    for (size_t i = 0; i < method.n; i++)
        fits = fits && ((text[i] >= 'A' && text[i] <= 'Z') ||
                        (text[i] == '-' && i > 0 && i + 1 < method.n));
    asked->question.method = text;
    return fits ? NULL : "the method is not one of at most 20 capitals";
}

static const char *read_upgrade(struct asked *asked) {
    const struct request *request = asked->request;
    bool *asks = &asked->question.websocket;
    if (!request->protocol.s)
        return fields_upgrade(&request->fields, request->method, request->version, asks);
    *asks = asked->extended;
    /* One that has ended already would not hear what is sent to it. */
    if (!asked->extended || request->ends || fields_have_body(&request->fields))
        return "the WebSocket handshake is not valid";
    return NULL;
}

const char *asked_read(struct asked *asked, const struct egress *egress) {
    const struct request *request = asked->request;
    struct egress_question *question = &asked->question;
    if (request->version == HTTP_2 && !asked->channel->tls)
        return "this version of HTTP is not spoken here";
    const char *why = fields_wrong(&request->fields, request->version);
    if (!why)
        why = read_origin(asked);
    if (!why)
        why = check_authority(asked);
    if (!why)
        why = asked_special_use(asked->arena, egress, question->host);
    if (!why)
        why = read_method(asked);
    if (!why)
        why = read_upgrade(asked);
    if (!why)
        why = target_parse(asked->arena, asked->path, &asked->target);
    if (!why && query_overrides_method(asked->arena, asked->target.query))
        why = "the query overrides the method";
    question->target = &asked->target;
    return why;
}
