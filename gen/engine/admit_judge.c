#include "engine/admit_judge.h"
#include "engine/admit_private.h"
#include "engine/cooldown.h"
#include "engine/slots_target.h"

#include <string.h>

/* -- tunnels -- */

bool place_is_read(const struct egress *egress, int port) {
    return port == egress_usual_port(true) || port == egress_usual_port(false) ||
           egress_speaks_of_port(egress, port);
}

/* A grant may have any port, so each request is asked about. */
static bool may_be_granted(const struct egress *egress, const char *host) {
    const struct egress_grantable *most = egress->grants;
    return most && (!most->hosts || egress_host_is_among(most->hosts, most->host_count, host));
}

void place_judge(struct place *place, const struct egress *egress, const char *host, int port,
                 struct date today, struct arena *arena) {
    struct egress_tunnel *tunnel = &place->tunnel;
    egress_ask_tunnel(egress, host, port, today, arena, tunnel);
    place->read = !tunnel->named &&
                  (egress->audit || place_is_read(egress, port) || may_be_granted(egress, host));
    place->why = place->read ? NULL : asked_special_use(arena, egress, host);
    if (!tunnel->named && !place->read)
        tunnel->answer.reason = arena_printf(
            arena,
            "no rule speaks of port %d; put it into the \"ports\" of one for %s or, where that "
            "is not HTTP, add the one below",
            port, host);
}

const char *place_unread(struct arena *arena, const char *host, int port) {
    return arena_printf(
        arena, "what is said to %s:%d is neither TLS nor HTTP, and no rule passes it on unread",
        host, port);
}

/* -- for those who only ask -- */

static void take_place(struct place *place, struct judged *out) {
    if (place->why)
        json_decref(place->tunnel.answer.missing);
    out->wrong = place->why;
    out->unread = true;
    out->scheme = place->tunnel.scheme;
    if (!place->why)
        out->answer = place->tunnel.answer;
}

void judge_connect(const struct egress *egress, const char *text, struct date today,
                   struct arena *arena, struct judged *out) {
    struct place place;
    *out = (struct judged){0};
    out->wrong = target_authority(arena, bytes_of(text), 0, &out->host, &out->port);
    if (out->wrong)
        return;
    place_judge(&place, egress, out->host, out->port, today, arena);
    if (place.read)
        place.why = asked_special_use(arena, egress, out->host);
    if (!place.tunnel.named)
        place.tunnel.answer.reason = place_unread(arena, out->host, out->port);
    take_place(&place, out);
}

static void add_upgrade(struct arena *arena, struct fields *fields) {
    fields_add(arena, fields, BYTES("Connection"), BYTES("Upgrade"));
    fields_add(arena, fields, BYTES("Upgrade"), BYTES("websocket"));
    fields_add(arena, fields, BYTES("Sec-WebSocket-Version"), BYTES("13"));
    fields_add(arena, fields, BYTES("Sec-WebSocket-Key"), BYTES("AAAAAAAAAAAAAAAAAAAAAA=="));
}

/* What a cooldown refuses before any index is read. */
static void judge_age(const struct egress *egress, const struct asked *asked,
                      struct egress_answer *answer) {
    const struct egress_question *question = &asked->question;
    struct aged *aged;
    const char *owner = NULL;
    if (!answer->allowed || egress->audit)
        return;
    const char *why =
        cooldown_ask(egress, question, &asked->request->fields,
                     egress_words(question, asked->arena), asked->arena, &aged, &owner);
    if (why)
        *answer = (struct egress_answer){.reason = why, .owner = owner};
}

/* told NULL: there is an answer. */
static void judge_asked(const struct egress *egress, const struct judge_request *request,
                        struct date today, struct arena *arena, const struct judge_told *told,
                        struct judged *out) {
    struct channel channel = {request->tls, request->tls ? out->host : NULL, out->port,
                              request->tls ? out->host : NULL};
    const char *authority = asked_authority(arena, out->host, out->port, request->tls);
    const char *target = request->tls
                             ? request->target
                             : arena_printf(arena, "http://%s%s", authority, request->target);
    struct request sent = {
        .version = HTTP_1_1, .method = bytes_of(request->method), .target = bytes_of(target)};
    struct asked asked;
    fields_add(arena, &sent.fields, BYTES("Host"), bytes_of(authority));
    if (request->websocket)
        add_upgrade(arena, &sent.fields);
    asked_split(&asked, arena, &channel, &sent);
    out->wrong = asked_read(&asked, egress);
    out->target = asked.target;
    if (!out->wrong && told)
        egress_each(egress, &asked.question, today, arena, told->rules, told->n, told->found,
                    told->context);
    if (out->wrong || told)
        return;
    egress_ask(egress, &asked.question, today, arena, &out->answer);
    judge_age(egress, &asked, &out->answer);
    const struct egress_credential *stray =
        out->answer.allowed ? slots_stray(arena, egress, &asked.question, bytes_of(request->target))
                            : NULL;
    if (stray)
        out->wrong = arena_printf(
            arena, "the placeholder of credential %s stands where the credential does not belong",
            stray->name);
}

static void judge_or_tell(const struct egress *egress, const struct judge_request *request,
                          struct date today, struct arena *arena, const struct judge_told *told,
                          struct judged *out) {
    struct place place;
    *out = (struct judged){0};
    out->wrong = target_authority(arena, bytes_of(request->authority),
                                  egress_usual_port(request->tls), &out->host, &out->port);
    if (out->wrong)
        return;
    if (request->tls) { /* it begins with CONNECT */
        place_judge(&place, egress, out->host, out->port, today, arena);
        if (!place.read && (place.tunnel.named || place.why)) {
            take_place(&place, out);
            return;
        }
        json_decref(place.tunnel.answer.missing);
    }
    judge_asked(egress, request, today, arena, told, out);
}

void judge_request(const struct egress *egress, const struct judge_request *request,
                   struct date today, struct arena *arena, struct judged *out) {
    judge_or_tell(egress, request, today, arena, NULL, out);
}

void judge_each(const struct egress *egress, const struct judge_request *request, struct date today,
                struct arena *arena, struct judged *out, const struct judge_told *told) {
    judge_or_tell(egress, request, today, arena, told, out);
}

void judged_clear(struct judged *judged) {
    json_decref(judged->answer.missing);
    judged->answer.missing = NULL;
}
