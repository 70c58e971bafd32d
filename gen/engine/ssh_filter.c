#include "engine/ssh_filter.h"
#include "base/buf_raw.h"
#include "engine/ssh_key.h"

/* MOST_KEYS: more than any agent holds. Flags of a signature: RFC 8332 by draft-miller-ssh-agent,
 * section 3.6.1. */
enum {
    MSG_USERAUTH_REQUEST = 50,
    LONGEST_SESSION = 128,
    MOST_KEYS = 2048,
    RSA_SHA2_256 = 2,
    RSA_SHA2_512 = 4
};

static bool bind_session(struct ssh_filter *filter, struct wire *wire, struct ssh_decision *said) {
    struct bytes key = wire_string(wire), session = wire_string(wire),
                 signature = wire_string(wire);
    uint8_t forwarding = wire_byte(wire);
    said->ask = SSH_ASK_BIND;
    said->key = key;
    if (!wire_is_whole(wire) || session.n == 0 || session.n > LONGEST_SESSION) {
        said->why = "it is no such message";
        return false;
    }
    said->host = ssh_rules_host(filter->rules, key);
    if (filter->bound || filter->shut)
        said->why = "the connection is bound to a session already";
    else if (forwarding)
        said->why = "the agent is not forwarded to any host";
    else if (!said->host)
        said->why = "no host in ssh.hosts has this key";
    else if (!ssh_key_signed(key, signature, session))
        said->why = "the host's key has not signed the session";
    if (said->why)
        return false;
    filter->bound = said->host;
    buf_add(&filter->session, session.s, session.n);
    return true;
}

static void extension(struct ssh_filter *filter, struct wire *wire, struct ssh_decision *said) {
    if (!bytes_equal(wire_string(wire), BYTES("session-bind@openssh.com")))
        said->why = "nothing of this kind is passed on";
    else if (!bind_session(filter, wire, said))
        filter->shut = true;
}

/* Which algorithm a key of this kind signs with; SHA-1 is none. */
static bool fits(struct bytes key, struct bytes algorithm, uint32_t flags) {
    struct wire wire = wire_of(key);
    struct bytes kind = wire_string(&wire);
    if (!bytes_equal(kind, BYTES("ssh-rsa")))
        return flags == 0 && bytes_equal(kind, algorithm);
    return (flags == RSA_SHA2_256 && bytes_equal(algorithm, BYTES("rsa-sha2-256"))) ||
           (flags == RSA_SHA2_512 && bytes_equal(algorithm, BYTES("rsa-sha2-512")));
}

/* RFC 4252, section 7; OpenSSH's PROTOCOL, 1.8: the host's key at the end. */
static void login(const struct ssh_filter *filter, struct bytes data, uint32_t flags,
                  struct ssh_decision *said) {
    struct wire wire = wire_of(data);
    struct bytes session = wire_string(&wire);
    uint8_t type = wire_byte(&wire);
    struct bytes user = wire_string(&wire), service = wire_string(&wire),
                 method = wire_string(&wire);
    uint8_t signs = wire_byte(&wire);
    struct bytes algorithm = wire_string(&wire), key = wire_string(&wire), host = {0};
    bool bound = bytes_equal(method, BYTES("publickey-hostbound-v00@openssh.com"));
    if (bound)
        host = wire_string(&wire);
    if (!wire_is_whole(&wire) || type != MSG_USERAUTH_REQUEST || signs != 1 ||
        !(bound || bytes_equal(method, BYTES("publickey"))) ||
        !bytes_equal(service, BYTES("ssh-connection"))) {
        said->ask = SSH_ASK_OTHER;
        said->why = "it is neither a login by ssh nor what git signs";
        return;
    }
    said->ask = SSH_ASK_LOGIN;
    said->user = user;
    said->host = filter->bound;
    if (!filter->bound)
        said->why = "the connection is not bound to a session of a host in ssh.hosts";
    else if (!bytes_equal(session, (struct bytes){filter->session.data, filter->session.len}))
        said->why = "it is for another session than the one the connection is bound to";
    else if (bound && !bytes_equal(host, filter->bound->key))
        said->why = "it names another host's key";
    else if (!bytes_equal(key, said->key))
        said->why = "it names another key";
    else if (!fits(key, algorithm, flags))
        said->why = "the key signs with another algorithm";
}

/* PROTOCOL.sshsig. */
static void commit(const struct ssh_filter *filter, struct bytes data, struct ssh_decision *said) {
    struct wire wire = wire_of(data);
    wire_bytes(&wire, 6);
    struct bytes namespace = wire_string(&wire), reserved = wire_string(&wire),
                 algorithm = wire_string(&wire), hash = wire_string(&wire);
    size_t length = bytes_equal(algorithm, BYTES("sha256"))   ? 32
                    : bytes_equal(algorithm, BYTES("sha512")) ? 64
                                                              : 0;
    said->ask = SSH_ASK_COMMIT;
    if (!wire_is_whole(&wire) || reserved.n || !length || hash.n != length)
        said->why = "it is no such message";
    else if (!bytes_equal(namespace, BYTES("git")))
        said->why = "it is a signature for something else than git";
    else if (!filter->rules->sign_commits)
        said->why = "the spec has no \"sign_commits\"";
    else if (filter->bound || filter->shut)
        said->why = "the connection is bound to a session";
}

static void sign(const struct ssh_filter *filter, struct wire *wire, struct ssh_decision *said) {
    struct bytes key = wire_string(wire), data = wire_string(wire);
    uint32_t flags = wire_number(wire);
    said->key = key;
    if (!wire_is_whole(wire))
        said->why = "it is no such message";
    else if (!ssh_rules_have_key(filter->rules, key))
        said->why = "the key is not in ssh.keys";
    else if (data.n > 6 && bytes_equal((struct bytes){data.s, 6}, BYTES("SSHSIG")))
        commit(filter, data, said);
    else
        login(filter, data, flags, said);
}

struct ssh_decision ssh_filter_ask(struct ssh_filter *filter, struct bytes message) {
    struct ssh_decision said = {0};
    struct wire wire = wire_of(message);
    switch (wire_byte(&wire)) {
    case SSH_AGENTC_REQUEST_IDENTITIES:
        said.ask = SSH_ASK_KEYS;
        if (!wire_is_whole(&wire))
            said.why = "it is no such message";
        else if (filter->shut)
            said.why = "a bind of this connection was refused";
        break;
    case SSH_AGENTC_SIGN_REQUEST:
        sign(filter, &wire, &said);
        break;
    case SSH_AGENTC_EXTENSION:
        extension(filter, &wire, &said);
        break;
    default:
        said.why = "nothing of this kind is passed on";
    }
    return said;
}

void ssh_filter_end(struct ssh_filter *filter) {
    buf_free(&filter->session);
}

/* The answers. */

static bool add_keys(const struct ssh_rules *rules, struct wire *wire, struct buf *out) {
    struct buf listed BUF_CLEANUP = {0};
    uint32_t count = wire_number(wire), kept = 0;
    if (count > MOST_KEYS)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes key = wire_string(wire);
        wire_string(wire); /* its comment: where the file is, whose it is */
        if (wire->bad)
            return false;
        if (!ssh_rules_have_key(rules, key))
            continue;
        wire_put_string(&listed, key);
        wire_put_string(&listed, BYTES("agent-sandbox"));
        kept++;
    }
    if (!wire_is_whole(wire))
        return false;
    wire_put_byte(out, SSH_AGENT_IDENTITIES_ANSWER);
    wire_put_number(out, kept);
    buf_add(out, listed.data, listed.len);
    return true;
}

static bool add_answer(const struct ssh_rules *rules, enum ssh_ask ask, struct bytes answer,
                       struct buf *out) {
    struct wire wire = wire_of(answer);
    uint8_t type = wire_byte(&wire);
    if (ask == SSH_ASK_BIND) {
        wire_put_byte(out, SSH_AGENT_SUCCESS);
        return true;
    }
    if (ask == SSH_ASK_KEYS)
        return type == SSH_AGENT_IDENTITIES_ANSWER && add_keys(rules, &wire, out);
    wire_string(&wire);
    if (type != SSH_AGENT_SIGN_RESPONSE || !wire_is_whole(&wire))
        return false;
    buf_add(out, answer.s, answer.n);
    return true;
}

void ssh_filter_answer(const struct ssh_rules *rules, enum ssh_ask ask, struct bytes answer,
                       struct buf *out) {
    if (!add_answer(rules, ask, answer, out))
        wire_put_byte(out, SSH_AGENT_FAILURE);
}
