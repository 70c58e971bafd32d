/* Of render_policy*.c alone: parts of policy.json. */
#ifndef RENDER_POLICY_PRIVATE_H
#define RENDER_POLICY_PRIVATE_H

#include "plan/plan.h"
#include "write/write_json.h"

void policy_key_text(struct json_writer *j, const char *key, struct text value); /* if it is set */
void policy_host(struct json_writer *j, struct host_pattern pattern);
void policy_texts(struct json_writer *j, const char *key, const struct text *v, size_t n);
void policy_inject(struct json_writer *j, const struct inject *how);
void policy_hosts(struct json_writer *j, const char *key, const struct host_pattern *v, size_t n);
/* "logins", where there are any. */
void policy_logins(struct json_writer *j, const struct plan *plan);

#endif
