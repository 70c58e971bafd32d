/* schema, vocabulary, man, completion: what is written from the tables, printed. */
#include "cmd/command.h"
#include "doc/doc.h"

#include <stdio.h>

static enum exit_code print(const struct buf *text) {
    fwrite(text->data, 1, text->len, stdout);
    return EXIT_DONE;
}

enum exit_code run_schema(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    (void)call;
    doc_schema(&text);
    return print(&text);
}

enum exit_code run_vocabulary(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    (void)call;
    doc_vocabulary(&text);
    return print(&text);
}

enum exit_code run_man(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    (void)call;
    doc_man(&command_table, &text);
    return print(&text);
}

enum exit_code run_completion(const struct call *call) {
    BUF_CLEANUP struct buf text = {0};
    if (!doc_completion(call->arguments[0], &command_table, &text))
        return command_fail(EXIT_WRONG, "completion is for bash, zsh and fish, not for \"%s\"",
                            call->arguments[0]);
    return print(&text);
}
