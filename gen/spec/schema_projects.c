/* Folders of which any may become a session's own. */
#include "spec/schema_private.h"

static const struct key projects_keys[] = {
    {LIST_OF(projects, "roots", roots, struct text, type_project_root), .max = 200,
     .doc = "folders whose projects run and shell may begin in, /PATH or ~/PATH (each operator's "
            "own): a session begun below one sees that project alone, the nearest folder with a "
            ".git, else the one directly below the root"},
    {WORD(projects, "home", home, project_home), .absent_words = "shared",
     .doc = "whether all of them have the agent's one home, or each one of its own"},
    {VALUE(projects, "worktrees", worktrees, bool, type_bool), .absent_words = "false",
     .doc = "whether a linked worktree's session works in the repository that it is one of, and a "
            "submodule's in its own, where that lies below a root, too"},
};
const struct object projects_object = {
    "the projects",
    projects_keys,
    sizeof projects_keys / sizeof *projects_keys,
    sizeof(struct projects),
    AT(projects, at, written),
    "folders below which each is a workspace, for a session begun in it (Linux)",
    NULL};
