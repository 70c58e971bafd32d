/* What becomes of a tunnel: read, passed on unread, or refused. */
#include "engine/admit_line.h"
#include "engine/admit_private.h"

static void begin_line(struct admitted *out, enum egress_scheme scheme) {
    out->line = json_object();
    line_set(out->line, "event", json_string("decision"));
    line_set(out->line, "scheme", json_string(egress_scheme_word(scheme)));
    line_set(out->line, "method", json_string("CONNECT"));
    line_set(out->line, "host", line_text(out->host));
    line_set(out->line, "port", json_integer(out->port));
}

/* By the rule, or in audit without one. */
static void decide(const struct egress *egress, const struct egress_tunnel *tunnel,
                   struct admitted *out) {
    begin_line(out, tunnel->scheme);
    out->scheme = tunnel->scheme;
    struct egress_answer answer = tunnel->answer;
    out->missing = answer.missing;
    out->ceilings = answer.ceilings;
    if (answer.again) {
        answer.allowed = false;
        line_set(out->line, "rule", json_integer((json_int_t)answer.rule));
        line_set(out->line, "owner", answer.owner ? line_text(answer.owner) : NULL);
        out->again = answer.again;
    }
    if (answer.allowed || egress->audit)
        admit_say_passed(out, &answer);
    else
        admit_refuse(out, answer.again ? 429 : 403, answer.reason);
}

/* The rule would not help. */
static void refuse_whatever(struct egress_tunnel *tunnel, struct admitted *out,
                            const char *reason) {
    json_decref(tunnel->answer.missing);
    begin_line(out, tunnel->scheme);
    admit_refuse(out, 403, reason);
}

static void decide_place(const struct egress *egress, struct date today, struct arena *arena,
                         struct admitted *out) {
    struct place place;
    place_judge(&place, egress, out->host, out->port, today, arena);
    struct egress_tunnel *tunnel = &place.tunnel;
    bool passes = tunnel->answer.allowed && !tunnel->answer.again;
    bool later = tunnel->scheme == EGRESS_TLS && (passes || egress->audit);
    out->scheme = place.read ? EGRESS_HTTPS : tunnel->scheme;
    out->may_wait = place.read && !place_is_read(egress, out->port);
    if (place.why)
        refuse_whatever(tunnel, out, place.why);
    else if (place.read || later)
        json_decref(tunnel->answer.missing);
    else
        decide(egress, tunnel, out);
}

static const char *read_connect(const struct channel *channel, const struct request *request,
                                struct arena *arena, struct admitted *out) {
    if (!bytes_equal(request->method, BYTES("CONNECT")) || request->version == HTTP_2 ||
        channel->host)
        return "CONNECT is not well formed";
    if (channel->tls)
        return "TLS to the proxy itself is not spoken here";
    return target_authority(arena, request->target, 0, &out->host, &out->port);
}

void admit_connect(const struct egress *egress, struct date today, const struct channel *channel,
                   const struct request *request, struct arena *arena, struct admitted *out) {
    *out = (struct admitted){0};
    const char *why = read_connect(channel, request, arena, out);
    if (!why) {
        decide_place(egress, today, arena, out);
        return;
    }
    out->line = json_object();
    line_set(out->line, "event", json_string("decision"));
    line_set(out->line, "method", json_string("CONNECT"));
    line_set(out->line, "host", line_bytes(request->target));
    admit_refuse(out, 403, why);
}

static void inside(const struct egress *egress, struct date today, const struct channel *channel,
                   struct arena *arena, struct egress_tunnel *tunnel, struct admitted *out) {
    *out = (struct admitted){.host = channel->host, .port = channel->port};
    egress_ask_tunnel(egress, channel->host, channel->port, today, arena, tunnel);
}

void admit_hello(const struct egress *egress, struct date today, const struct channel *channel,
                 const char *name, const char *wrong, struct arena *arena, struct admitted *out) {
    struct egress_tunnel tunnel;
    inside(egress, today, channel, arena, &tunnel, out);
    if (!wrong && !name)
        wrong = "the ClientHello has no server name";
    bool is_another = !wrong && !bytes_are(bytes_of(name), channel->host);
    if (is_another)
        wrong = "the TLS server name is not that of the tunnel";
    if (wrong) {
        tunnel.scheme = EGRESS_TLS;
        refuse_whatever(&tunnel, out, wrong);
        if (is_another)
            line_set(out->line, "sni", line_bytes(bytes_of(name)));
    } else {
        decide(egress, &tunnel, out);
    }
}

void admit_unread(const struct egress *egress, struct date today, const struct channel *channel,
                  struct arena *arena, struct admitted *out) {
    struct egress_tunnel tunnel;
    inside(egress, today, channel, arena, &tunnel, out);
    const char *why = asked_special_use(arena, egress, channel->host);
    if (why) {
        tunnel.scheme = EGRESS_TCP;
        refuse_whatever(&tunnel, out, why);
        return;
    }
    if (!tunnel.named)
        tunnel.answer.reason = place_unread(arena, channel->host, channel->port);
    decide(egress, &tunnel, out);
}
