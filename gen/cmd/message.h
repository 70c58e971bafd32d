/* What a render says: the commit's message, and the lines on the terminal. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "cmd/command.h"
#include "plan/plan.h"
#include "policy/policy_report.h"
#include "store/store.h"
#include "write/write_json.h"

struct changes { /* the files that a render changes; {0} at the start */
    struct store_change *v;
    size_t n, cap;
    bool first; /* every one is new */
};

struct changes_count {
    size_t added, changed, removed;
};
struct changes_count changes_counted(const struct changes *changes);

/* A store_change_fn; context is the struct changes. Keeps a copy of the path. */
void changes_collect(const struct store_change *change, void *context);
void changes_free(struct changes *changes);
/* The files when they are few, else how many in each folder. */
void changes_print(const struct changes *changes, FILE *out);
void changes_print_sums(const struct changes *changes, FILE *out);

/* {"path", "change", "linesAdded", "linesRemoved"} */
void change_json(const struct store_change *change, struct json_writer *j);

/* What render --json says of one sandbox. */
void render_json(struct json_writer *j, struct name name, const struct store_id *commit,
                 bool changed, const struct policy_report *policy, const struct changes *changes);

/* What the sandbox may do, in a few lines. */
void print_summary(const struct plan *plan, FILE *out);

/* What this system cannot enforce of the spec; what others cannot, README.md says. */
void print_gaps(const struct plan *plan, FILE *out);

/* The exit code that a store's result means; tells a failure. */
enum exit_code store_exit(enum store_result result);

/* The policy diff between the newest generation and what is rendered now. The caller frees it. */
enum store_result message_policy(struct store *store, const struct plan *plan,
                                 struct policy_report *report);

/* The same between two generations, NULL being the newest; from "" is nothing at all.
 * sandbox is needed only in a fleet. For a rollback: from the newest to its target. */
enum store_result message_policy_between(struct store *store, const char *from, const char *to,
                                         const char *sandbox, struct policy_report *report);

/* For a commit's message, which is read again with every history: the first lines, where what
 * widens stands, and how many more there are. */
void message_write_policy(const struct policy_report *report, struct buf *out);

void policy_print(const struct policy_report *report, FILE *out);

/* A store_message_fn. Writes the subject, the policy diff, the files, and the trailers Spec-SHA256
 * (of spec.json) and Generator-Version; keeps what is told of them. message_free() frees that. */
struct message {
    const struct plan *plan;
    const struct tree *tree;
    bool fleet; /* the subject begins with the sandbox's name */
    struct changes changes;
    struct policy_report policy;
};
void write_message(const struct store_before *before, void *context, struct buf *out);
void message_free(struct message *message);

/* On standard output, without what a terminal would act on: people and agents wrote it. */
void print_safely(const char *text);

#endif
