/* The logins of sandbox.json: for render_sandbox.c. */
#ifndef RENDER_SANDBOX_LOGINS_H
#define RENDER_SANDBOX_LOGINS_H

#include "spec/spec.h"
#include "write/write_json.h"

/* "logins", where there are any. */
void sandbox_logins(struct json_writer *j, const struct spec *spec);

#endif
