#include "engine/admit.h"
#include "base/buf.h"
#include "base/buf_raw.h"
#include "engine/admit_line.h"
#include "engine/admit_private.h"
#include "engine/fields_check.h"
#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

/* -- what is said -- */

/* 0: nothing says it. */
static int port_of(const struct asked *asked) {
    int port = egress_usual_port(bytes_equal(asked->scheme, BYTES("https")));
    if (asked->channel->host)
        return asked->channel->port;
    if (!asked->absolute || (asked->port.s && target_port(asked->port, &port)))
        return 0;
    return port;
}

static json_t *facts(const struct asked *asked) {
    json_t *line = json_object();
    struct bytes unused;
    int port = port_of(asked);
    line_set(line, "event", json_string("decision"));
    line_set(line, "scheme", json_string(asked->channel->tls ? "https" : "http"));
    line_set(line, "method", line_bytes(asked->method));
    line_set(line, "host", asked->host.s ? line_bytes(asked->host) : NULL);
    line_set(line, "port", port ? json_integer(port) : NULL);
    line_set(line, "path", line_bytes(bytes_before(asked->path, '?', &unused)));
    return line;
}

static void drop_references(struct admitted *out) {
    for (size_t i = 0; i < out->secret_count; i++)
        forms_unref(out->secrets[i]);
    for (size_t i = 0; i < out->meter_count; i++)
        ceiling_unref(out->meters[i]);
    out->secret_count = out->meter_count = 0;
    out->signing = NULL;
    filled_wipe(&out->filled);
}

void admit_refuse(struct admitted *out, int status, const char *reason) {
    drop_references(out);
    out->fields = (struct fields){0};
    out->target = out->body = (struct bytes){0};
    out->status = status;
    out->reason = reason;
    line_set(out->line, "verdict", json_string("deny"));
    line_set(out->line, "reason", line_text(reason));
    line_set(out->line, "missing", out->missing ? line_copy(out->missing) : NULL);
}

char *admit_answer(const char *reason, const json_t *missing) {
    json_t *body = json_pack("{s:o}", "error", json_sprintf("agent-sandbox: %s", reason));
    if (missing)
        json_object_set(body, "missing", (json_t *)(uintptr_t)missing);
    char *text = json_dumps(body, JSON_ENSURE_ASCII);
    struct buf b = {0};
    buf_str(&b, text);
    buf_char(&b, '\n');
    free(text);
    json_decref(body);
    return b.data;
}

void admitted_clear(struct admitted *admitted) {
    drop_references(admitted);
    json_decref(admitted->missing);
    json_decref(admitted->line);
    *admitted = (struct admitted){0};
}

/* -- what goes on -- */

static unsigned long long length_of(const struct field *field) {
    unsigned long long n = 0;
    for (size_t i = 0; i < field->value.n; i++)
        n = n * 10 + (unsigned long long)(field->value.s[i] - '0');
    return n;
}

static void read_framing(const struct asked *asked, struct admitted *out) {
    const struct request *request = asked->request;
    size_t at = 0;
    const struct field *field = fields_next(&request->fields, "content-length", &at);
    out->has_length = field != NULL;
    if (field)
        out->length = length_of(field);
    out->has_body = fields_have_body(&request->fields) ||
                    (request->version == HTTP_2 && !request->ends && !asked->extended);
    at = 0;
    field = fields_next(&request->fields, "te", &at);
    out->te_trailers = request->version == HTTP_2 && field &&
                       bytes_equal(field->value, BYTES("trailers")) &&
                       !fields_next(&request->fields, "te", &at);
    at = 0;
    field = fields_next(&request->fields, "expect", &at);
    out->expects = request->version != HTTP_1_0 && field &&
                   bytes_are(field->value, "100-continue") &&
                   !fields_next(&request->fields, "expect", &at);
}

static void drop_all(struct fields *fields, const char *const *names) {
    for (; *names; names++)
        fields_drop(fields, *names);
}

/* A part of an answer, or a compressed one, could not be searched for the secret; nor could
 * compressed frames. */
static void without_what_hides(struct arena *arena, struct admitted *out) {
    drop_all(&out->fields, (const char *const[]){"range", "if-range", "accept-encoding",
                                                 "sec-websocket-extensions", NULL});
    fields_add(arena, &out->fields, BYTES("Accept-Encoding"), BYTES("identity"));
}

/* The whole request, as it will be sent. */
static const char *sign(struct vault *vault, struct arena *arena, const struct slots_due *due,
                        struct admitted *out) {
    struct bytes secret;
    struct forms *unused;
    const struct aws_request request = {out->method, bytes_of(out->authority), out->target,
                                        &out->fields};
    const char *why = vault_read(vault, due->aws, arena, &secret, &unused);
    if (why)
        return why;
    out->signing = aws_prepare(arena, &out->filled, secret, &due->asked, &request);
    if (!due->asked.payload.s && out->has_body && !out->body.s)
        return NULL;
    struct bytes payload =
        due->asked.payload.s ? due->asked.payload : aws_hash(arena, out->body.s, out->body.n);
    aws_sign(arena, &out->filled, out->signing, payload, &out->fields);
    out->signing = NULL;
    return NULL;
}

void admit_sign(struct admitted *admitted, struct arena *arena, const void *body, size_t length) {
    aws_sign(arena, &admitted->filled, admitted->signing, aws_hash(arena, body, length),
             &admitted->fields);
    admitted->signing = NULL;
}

static const char *read_secret(struct vault *vault, struct arena *arena,
                               const struct egress_credential *one, struct admitted *out,
                               struct bytes *secret) {
    struct forms *forms;
    const char *why = vault_read(vault, one, arena, secret, &forms);
    if (!why)
        out->secrets[out->secret_count++] = forms_ref(forms);
    return why;
}

static const char *fill_body(struct vault *vault, struct arena *arena, const struct slots_due *due,
                             struct admitted *out) {
    const char *start = out->body.s, *why = NULL;
    for (size_t i = 0; i < due->edit_count && !why; i++) {
        const struct slots_edit *edit = &due->edits[i];
        struct bytes secret = {"", 0};
        if (edit->credential)
            why = read_secret(vault, arena, edit->credential, out, &secret);
        if (!why)
            out->body = slots_put(&out->filled, out->body, (size_t)(edit->literal.s - start),
                                  edit->literal.n, secret);
    }
    if (out->body.s) {
        out->has_length = true;
        out->length = out->body.n;
        out->expects = false;
    }
    return why;
}

static const char *fill(struct vault *vault, struct arena *arena, const struct slots_due *due,
                        struct admitted *out) {
    out->secrets = arena_alloc(arena, (due->n + 1) * sizeof(struct forms *));
    for (size_t i = 0; i < due->n; i++) {
        struct bytes secret;
        if (due->v[i] == due->aws || due->v[i]->slot == SLOT_JSON)
            continue;
        const char *why = read_secret(vault, arena, due->v[i], out, &secret);
        if (why)
            return why;
        slots_fill(arena, &out->filled, due->v[i], secret, &out->fields, &out->target);
    }
    const char *wrong = fill_body(vault, arena, due, out);
    if (wrong)
        return wrong;
    if (out->secret_count || out->counts_tokens || out->login)
        without_what_hides(arena, out);
    drop_all(&out->fields, (const char *const[]){"host", "content-length", "transfer-encoding",
                                                 "connection", "upgrade", "expect", NULL});
    return due->aws ? sign(vault, arena, due, out) : NULL;
}

static const char *body_wrong(struct arena *arena, const struct slots_due *due,
                              const struct admitted *out) {
    if (!due->aws || due->asked.payload.s || !out->has_body ||
        (out->has_length && out->length <= AWS_LONGEST_BODY))
        return NULL;
    return arena_printf(arena,
                        "credential %s: a body that is hashed here says its length, of at most "
                        "1 MiB; let the client put UNSIGNED-PAYLOAD, or the hash of the body, into "
                        "X-Amz-Content-SHA256",
                        due->aws->name);
}

static json_t *names_of(const struct slots_due *due) {
    json_t *names = json_array();
    for (size_t i = 0; i < due->n; i++)
        json_array_append_new(names, json_string(due->v[i]->name));
    json_t *shortened = line_copy(names);
    json_decref(names);
    return shortened;
}

void admit_say_passed(struct admitted *out, const struct egress_answer *answer) {
    line_set(out->line, "verdict", json_string(answer->allowed ? "allow" : "audit"));
    if (answer->allowed) {
        if (answer->grant)
            line_set(out->line, "grant", json_string(answer->grant));
        else
            line_set(out->line, "rule", json_integer((json_int_t)answer->rule));
        line_set(out->line, "owner", answer->owner ? line_text(answer->owner) : NULL);
    } else {
        line_set(out->line, "reason", line_text(answer->reason));
        line_set(out->line, "missing", out->missing ? line_copy(out->missing) : NULL);
    }
}

/* -- ceilings -- */

/* Whether a credential that is due has gone into too much. In audit it passes, but without any. */
static bool is_too_much(const struct egress *egress, const struct egress_question *question,
                        struct slots_due *due, struct egress_answer *answer, struct arena *arena,
                        struct admitted *out) {
    struct ceiling *full = NULL;
    for (size_t i = 0; i < due->n && !full; i++)
        full = ceilings_full(&due->v[i]->ceilings, world_now(), question->length, question->peeks);
    if (!full)
        return false;
    answer->reason = ceiling_reason(full, egress_words(question, arena), arena);
    line_set(out->line, "rule", json_integer((json_int_t)answer->rule));
    line_set(out->line, "owner", answer->owner ? line_text(answer->owner) : NULL);
    if (egress->audit) {
        answer->allowed = false;
        *due = (struct slots_due){0};
        return false;
    }
    out->again = ceiling_opens(full);
    admit_refuse(out, 429, answer->reason);
    return true;
}

static void add_meters(const struct ceiling_set *ceilings, struct admitted *out) {
    for (int kind = CEILING_BYTES; kind < CEILING_KINDS; kind++)
        if (ceilings->v[kind]) {
            out->meters[out->meter_count++] = ceiling_ref(ceilings->v[kind]);
            out->counts_tokens = out->counts_tokens || (kind == CEILING_TOKENS && !out->websocket);
        }
}

static void meter(struct arena *arena, const struct egress_answer *answer,
                  const struct slots_due *due, struct admitted *out) {
    out->meters = arena_alloc(arena, (due->n + 1) * CEILING_KINDS * sizeof(struct ceiling *));
    if (answer->ceilings)
        add_meters(answer->ceilings, out);
    for (size_t i = 0; i < due->n; i++)
        add_meters(&due->v[i]->ceilings, out);
}

void admit_hold_back(struct admitted *admitted, const char *why) {
    json_object_del(admitted->line, "rule");
    json_object_del(admitted->line, "grant");
    json_object_del(admitted->line, "credentials");
    json_object_del(admitted->line, "owner");
    json_object_del(admitted->line, "verdict");
    line_set(admitted->line, "owner",
             admitted->aged->owner ? line_text(admitted->aged->owner) : NULL);
    admitted->websocket = false;
    admit_refuse(admitted, 403, why);
}

/* An audit looks at no cooldown. What is asked of the server; false: it is refused. */
static bool ask_for_index(const struct egress *egress, const struct asked *asked,
                          struct admitted *out) {
    const struct egress_question *question = &asked->question;
    const char *owner = NULL;
    struct bytes query;
    out->target = asked->path;
    out->told_path = bytes_before(asked->path, '?', &query);
    if (egress->audit || !egress->aged_count)
        return true;
    const char *why =
        cooldown_ask(egress, question, &asked->request->fields,
                     egress_words(question, asked->arena), asked->arena, &out->aged, &owner);
    if (why) {
        line_set(out->line, "owner", owner ? line_text(owner) : NULL);
        admit_refuse(out, 403, why);
        return false;
    }
    if (out->aged && out->aged->place != AGED_FILE) {
        out->target = cooldown_target(asked->arena, out->aged, query);
        cooldown_fields(asked->arena, out->aged, &out->fields);
    }
    return true;
}

static void decide(const struct egress *egress, struct vault *vault, struct date today,
                   const struct asked *asked, struct admitted *out) {
    struct arena *arena = asked->arena;
    read_framing(asked, out);
    struct egress_question measured = asked->question;
    const struct egress_question *question = &measured;
    struct egress_answer answer;
    struct slots_due due;
    struct bytes body = asked->request->body;
    struct at_login at = admit_login_at(egress, question);
    const char *waits = admit_login_waits(egress, vault, question, &asked->request->fields);
    struct mcp mcp = admit_speaks_mcp(egress, asked, out);
    bool is_read = out->has_body && !question->websocket &&
                   ((mcp.asks && !mcp.why) || at.login || slots_want_body(egress, question));
    measured.length = body.s ? body.n : out->length;
    measured.peeks = (is_read && !body.s) || waits;
    egress_ask(egress, question, today, arena, &answer);
    if (!answer.allowed && !egress->audit && !mcp.asks && !at.login)
        admit_ask_operators(egress, question, today, arena, &answer, out);
    if (answer.grant)
        waits = NULL; /* no login's token goes into it */
    out->missing = answer.missing;
    if (answer.again)
        line_set(out->line, "rule", json_integer((json_int_t)answer.rule));
    if (!answer.allowed)
        line_set(out->line, "owner", answer.owner ? line_text(answer.owner) : NULL);
    if (!answer.allowed && !egress->audit) {
        out->again = answer.again;
        admit_refuse(out, answer.again ? 429 : 403, answer.reason);
        return;
    }
    if (answer.allowed && mcp.asks && !admit_mcp(egress, asked, today, measured.peeks, &mcp, out))
        return;
    if (mcp.why && answer.allowed) { /* audit */
        answer.allowed = false;
        answer.reason = mcp.why;
        answer.ceilings = NULL;
    }
    fields_clean(arena, &asked->request->fields, question->websocket, &out->fields, &out->close);
    if (!ask_for_index(egress, asked, out))
        return;
    const char *why = slots_prepare(arena, egress, question, &out->fields, &out->target, &due);
    if ((!answer.allowed || answer.grant) && !why)
        due = (struct slots_due){0}; /* audit and grants let it pass, but never with a secret */
    if (!why && is_read && due.json_count)
        why = slots_body_wrong(arena, &due, &out->fields, measured.length);
    if (!why && is_read && due.json_count && body.n)
        why = slots_choose_in_body(arena, body, &due);
    if (!why && is_too_much(egress, question, &due, &answer, arena, out))
        return;
    if (!why && at.login && !body.s)
        why = admit_login_early(arena, &at, asked, out);
    if (!why && measured.peeks &&
        (waits || due.json_count || at.login || (mcp.asks && answer.allowed))) {
        json_decref(out->line);
        out->line = NULL;
        out->waits = waits ? arena_copy(arena, waits) : NULL;
        out->needs_body = !waits;
        return;
    }
    out->body = body;
    if (!why && at.login)
        why = admit_login(&at, vault, asked, out);
    if (!why)
        why = admit_login_missing(arena, vault, &due, out);
    out->authority = asked_authority(arena, question->host, question->port, question->tls);
    out->method = asked->method;
    out->websocket = question->websocket;
    meter(arena, &answer, &due, out);
    if (!why)
        why = body_wrong(arena, &due, out);
    int status = why ? 403 : 503;
    if (!why)
        why = fill(vault, arena, &due, out);
    if (why) {
        json_decref(out->missing); /* what stopped it is no missing rule */
        out->missing = NULL;
        admit_refuse(out, status, why);
        return;
    }
    out->host = question->host;
    out->port = question->port;
    out->addresses = egress_addresses(egress, question->host, question->port, today, asked->arena);
    out->tls = question->tls;
    admit_say_passed(out, &answer);
    if (due.n)
        line_set(out->line, "credentials", names_of(&due));
    if (out->login)
        line_set(out->line, "login", json_string(out->login));
}

void admit_request(const struct egress *egress, struct vault *vault, struct date today,
                   const struct channel *channel, const struct request *request,
                   struct arena *arena, struct admitted *out) {
    struct asked asked;
    *out = (struct admitted){0};
    asked_split(&asked, arena, channel, request);
    out->line = facts(&asked);
    const char *why = asked_read(&asked, egress);
    if (why)
        admit_refuse(out, 403, why);
    else
        decide(egress, vault, today, &asked, out);
}
