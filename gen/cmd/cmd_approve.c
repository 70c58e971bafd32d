/* approve: shows somebody what he has not signed yet, and adds his signature. */
#include "base/die.h"
#include "cmd/approval.h"
#include "cmd/command.h"
#include "cmd/message.h"
#include "cmd/signing.h"
#include "git/sign.h"
#include "spec/public_key.h"
#include "write/write_plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SHOWN = 100 };

struct approve {
    const struct call *call;
    struct store *store;
    struct arena *arena;
    struct signing_key signing;
    struct public_key key;
    char key_name[65];
    char commits[MOST_SHOWN][41]; /* what is to be shown, the newest first */
    size_t n;
    bool more;                 /* there are older ones that he has not seen, either */
    bool seen;                 /* the one before the oldest of them he has */
    struct policy_needs needs; /* of the newest */
};

/* Without its comment. */
static bool read_key(struct approve *approve) {
    BUF_CLEANUP struct buf text = {0};
    if (!sign_public_key(approve->signing.key, &text))
        return false;
    char *line = arena_copy(approve->arena, text.data), *end = strchr(line, ' ');
    if (end && (end = strchr(end + 1, ' ')))
        *end = '\0';
    if (!public_key_parse(approve->arena, line, &approve->key))
        return false;
    approval_key(approve->key, approve->key_name);
    return true;
}

static const char *name_of_key(const struct signing *signing, const struct public_key *key) {
    for (size_t i = 0; i < signing->allowed.n; i++)
        if (signing->allowed.v[i].key.n == key->n &&
            memcmp(signing->allowed.v[i].key.bytes, key->bytes, key->n) == 0)
            return signing->allowed.v[i].name.s;
    return NULL;
}

/* Whether this very key has signed or approved it: what the repository says of who is called how
 * is of no matter, or others could hide a generation from its owner. */
static bool has_signed(struct approve *approve, const char *commit) {
    BUF_CLEANUP struct buf only = {0}, approval = {0}, text = {0}, who = {0};
    BUF_CLEANUP struct buf signature = {0}, signed_text = {0};
    buf_lit(&only, "approver ");
    buf_public_key(&only, approve->key);
    buf_lit(&only, "\n");
    approval_write(approve->needs.new->name, commit, &text);
    if (store_read_approval(approve->store, commit, approve->key_name, &approval) == STORE_DONE &&
        sign_check(&only, &approval, SIGN_APPROVAL, text.data, text.len, &who) == SIGNED_BY_ALLOWED)
        return true;
    return store_signature(approve->store, commit, &signature, &signed_text) == STORE_DONE &&
           sign_check(&only, &signature, SIGN_COMMIT, signed_text.data, signed_text.len, &who) ==
               SIGNED_BY_ALLOWED;
}

static bool collect(const struct store_generation *g, void *context) {
    struct approve *approve = context;
    if (g->number > 0 && has_signed(approve, g->id.hex)) {
        approve->seen = true;
        return false;
    }
    approve->more = approve->n == MOST_SHOWN;
    if (!approve->more)
        memcpy(approve->commits[approve->n++], g->id.hex, sizeof g->id.hex);
    return !approve->more;
}

static bool copy_subject(const struct store_generation *g, void *context) {
    struct buf *line = context;
    char id[11] = "";
    memcpy(id, g->id.hex, sizeof id - 1);
    buf_lit(line, "commit ");
    buf_name(line, (struct name){id});
    buf_lit(line, ": ");
    plain_text(line, (struct text){g->subject});
    return false;
}

/* The oldest first, each on its own: what one adds and the next takes away is seen, too. */
static enum store_result print_changes(struct approve *approve) {
    enum store_result result = STORE_DONE;
    for (size_t i = approve->n; i-- > 0 && result == STORE_DONE;) {
        POLICY_REPORT_CLEANUP struct policy_report policy = {0};
        BUF_CLEANUP struct buf line = {0};
        char before[48];
        bool first = i + 1 == approve->n && !approve->seen && !approve->more;
        snprintf(before, sizeof before, "%s~1", approve->commits[i]);
        result = store_log_from(approve->store, approve->commits[i], copy_subject, &line);
        if (result == STORE_DONE)
            result = message_policy_between(approve->store, first ? "" : before,
                                            approve->commits[i], NULL, &policy);
        if (result != STORE_DONE)
            break;
        printf("%s\n", line.data);
        policy_print(&policy, stdout);
        puts("");
    }
    return result;
}

static void print_state(struct approve *approve) {
    BUF_CLEANUP struct buf text = {0};
    signature_write(approve->store, approve->commits[0], &text);
    printf("%s\n", text.data);
}

static bool says_yes(const struct approve *approve, const char *name) {
    char answer[16] = "";
    if (approve->call->yes)
        return true;
    printf("Approve it as %s? [y/N] ", name);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum exit_code add_signature(struct approve *approve, const char *name) {
    BUF_CLEANUP struct buf text = {0}, approval = {0};
    const char *commit = approve->commits[0];
    approval_write(approve->needs.new->name, commit, &text);
    if (!sign(approve->signing.key, SIGN_APPROVAL, text.data, text.len, &approval))
        return command_fail(EXIT_FAILED, "%s could not sign: nothing was approved",
                            approve->signing.key);
    enum exit_code code =
        store_exit(store_write_approval(approve->store, commit, approve->key_name, &approval));
    if (code == EXIT_DONE)
        printf("approved by %s; agent-sandbox publish REMOTE pushes it, too\n", name);
    return code;
}

/* As whom this key signs; NULL: it would not count, and that was said. */
static const char *find_name(const struct approve *approve) {
    const char *name = name_of_key(approve->needs.by, &approve->key);
    if (!name)
        name = name_of_key(&approve->needs.new->signing, &approve->key);
    if (!name)
        command_fail(EXIT_WRONG,
                     "%s is the key of nobody whom signing.allowed names: what it "
                     "approved would not count",
                     approve->signing.key);
    return name;
}

static bool is_of(const struct approve *approve, const char *sandbox) {
    if (!sandbox || strcmp(sandbox, approve->needs.new->name.s) == 0)
        return true;
    command_fail(EXIT_WRONG, "commit %.10s is of the sandbox %s, not of %s", approve->commits[0],
                 approve->needs.new->name.s, sandbox);
    return false;
}

static enum exit_code ask_and_sign(struct approve *approve) {
    const char *name = find_name(approve);
    if (!name)
        return EXIT_WRONG;
    if (has_signed(approve, approve->commits[0])) {
        printf("commit %.10s has the signature of %s already\n", approve->commits[0], name);
        return EXIT_DONE;
    }
    if (!approve->call->yes && !isatty(STDIN_FILENO))
        return command_fail(EXIT_WRONG, "approve asks before it signs, and nobody can answer: "
                                        "--yes");
    if (approve->more)
        return command_fail(EXIT_WRONG,
                            "more than %d generations are new to %s: approve an older one first",
                            MOST_SHOWN, name);
    enum exit_code code = store_exit(print_changes(approve));
    if (code != EXIT_DONE)
        return code;
    print_state(approve);
    if (says_yes(approve, name))
        return add_signature(approve, name);
    puts("Nothing was approved.");
    return EXIT_DONE;
}

static bool keep_commit(const struct store_generation *g, void *context) {
    memcpy(((struct approve *)context)->commits[0], g->id.hex, sizeof g->id.hex);
    return false;
}

static enum exit_code approve_one(struct approve *approve, const char *revision) {
    if (store_is_fleet(approve->store))
        return command_fail(EXIT_WRONG,
                            "%s holds a fleet: hosts apply what `checkout` makes of a "
                            "sandbox, and that is approved",
                            store_folder(approve->store));
    enum exit_code code =
        store_exit(store_log_from(approve->store, revision, keep_commit, approve));
    if (code != EXIT_DONE)
        return code;
    if (!approvals_needs(approve->store, approve->commits[0], &approve->needs))
        return command_fail(EXIT_WRONG,
                            "commit %.10s, or the one before, has no spec.json that this version, "
                            "%s, reads",
                            approve->commits[0], VERSION);
    if (!is_of(approve, approve->call->sandbox) ||
        !signing_of_option(&approve->signing, approve->call->key, approve->store))
        return EXIT_WRONG;
    if (!approve->signing.key)
        return command_fail(EXIT_WRONG, "which key signs? --key, or signing.key in the spec");
    if (!read_key(approve))
        return command_fail(EXIT_WRONG, "%s is no ssh key, or its public part can't be read",
                            approve->signing.key);
    code = store_exit(store_log_from(approve->store, approve->commits[0], collect, approve));
    return code == EXIT_DONE ? ask_and_sign(approve) : code;
}

enum exit_code run_approve(const struct call *call) {
    struct approve *approve = must_alloc(sizeof *approve);
    approve->call = call;
    approve->arena = arena_new();
    enum store_result result = store_open(&approve->store, call->output, STORE_READ);
    enum exit_code code = store_exit(result);
    if (code == EXIT_DONE)
        code = approve_one(approve, call->argument_count ? call->arguments[0] : "HEAD");
    policy_needs_free(&approve->needs);
    signing_end(&approve->signing);
    store_close(approve->store);
    arena_free(approve->arena);
    free(approve);
    return code;
}
