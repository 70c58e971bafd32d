/* What init and init --team have in common. */
#ifndef INIT_H
#define INIT_H

#include "cmd/command.h"
#include "read/document.h"

#define SCHEMA_FILE "agent-sandbox.schema.json"
#define FOLDERS "/srv/agent-sandbox/" /* where a project gets one that has none */

/* Whether each agent and each login of the command line has a preset; tells those that have none.
 */
bool init_knows(const struct call *call);

/* A sandbox's name from its project's folder; "demo" when nothing of that fits. */
void init_name_from_folder(const char *folder, char name[21]);

/* The starter spec, the caller's; NULL: the folder's name is no text. */
json_t *init_starter(const struct call *call, const char *name, const char *folder);

/* Beside the spec, unless a schema is there already: every version writes the same name. */
enum exit_code init_schema_beside(const char *spec);

enum exit_code init_team(const struct call *call);

#endif
