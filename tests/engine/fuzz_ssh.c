/* Any bytes to the ssh-agent filter (libFuzzer): one connection's messages, each behind its length,
 * and what the operator's agent would answer to one that is passed on. What is signed is a listed
 * key's, and a login only of a connection that is bound, which no bytes can be without a key. */
#include "engine/ssh_filter.h"

#include <stdlib.h>

static const char key[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20"
                          "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
static const char host_key[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20"
                               "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct bytes keys[] = {{key, sizeof key - 1}};
    struct ssh_host hosts[] = {{"forge.example.org", {host_key, sizeof host_key - 1}}};
    struct ssh_rules rules = {hosts, 1, keys, 1, length & 1};
    struct ssh_filter filter = {.rules = &rules};
    struct wire wire = wire_of((struct bytes){(const char *)data, length});
    while (wire.left.n && !wire.bad) {
        struct bytes message = wire_string(&wire);
        if (!message.n)
            continue;
        struct ssh_decision said = ssh_filter_ask(&filter, message);
        if (said.why)
            continue;
        if (said.ask == SSH_ASK_OTHER || said.ask == SSH_ASK_LOGIN || filter.bound)
            abort();
        if (said.ask == SSH_ASK_COMMIT && !(rules.sign_commits && bytes_equal(said.key, keys[0])))
            abort();
        struct bytes answer = wire_string(&wire);
        struct buf out BUF_CLEANUP = {0};
        if (answer.n)
            ssh_filter_answer(&rules, said.ask, answer, &out);
        if (answer.n && !(out.len && out.len <= answer.n + 64 * length + 64))
            abort();
    }
    ssh_filter_end(&filter);
    return 0;
}
