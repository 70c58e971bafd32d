/* What a render says: the commit's message, and the lines on the terminal. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "command.h"
#include "plan.h"
#include "policy_report.h"
#include "store.h"
#include "write_json.h"

struct changes { /* the files that a render changes; {0} at the start */
    struct store_change *v;
    size_t n, cap;
    bool first; /* every one is new */
};

/* A store_change_fn; context is the struct changes. Keeps a copy of the path. */
void changes_collect(const struct store_change *change, void *context);
void changes_free(struct changes *changes);
/* The files when they are few, else how many in each folder. */
void changes_print(const struct changes *changes, FILE *out);
void changes_print_sums(const struct changes *changes, FILE *out);

/* {"path", "change", "linesAdded", "linesRemoved"} */
void change_json(const struct store_change *change, struct json_writer *j);

/* What the sandbox may do, in a few lines. */
void print_summary(const struct plan *plan, FILE *out);

/* The exit code that a store's result means; tells a failure. */
enum exit_code store_exit(enum store_result result);

/* The policy diff between the newest generation and what is rendered now. The caller frees it. */
enum store_result message_policy(struct store *store, const struct plan *plan,
                                 struct policy_report *report);

/* The same between two generations, NULL being the newest; from "" is nothing at all. sandbox is
 * needed only in a fleet. For a rollback: from the newest to its target. */
enum store_result message_policy_between(struct store *store, const char *from, const char *to,
                                         const char *sandbox, struct policy_report *report);

void policy_print(const struct policy_report *report, FILE *out);

/* Subject, policy diff, the files, and the trailers Spec-SHA256 (of spec.json) and
 * Generator-Version. fleet: the subject begins with the sandbox's name. */
void write_message(const struct plan *plan, const struct tree *tree, const struct changes *changes,
                   const struct policy_report *policy, bool fleet, struct buf *out);

#endif
