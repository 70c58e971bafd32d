/* The agent's home: the dotfiles that we generate, and the spec's. */
#ifndef RENDER_HOME_H
#define RENDER_HOME_H

#include "base/tree.h"
#include "render/template.h"

/* Every dotfile that stands under home/, in the order of strcmp. */
void home_paths(const struct plan *plan,
                void (*each)(const char *path, bool executable, void *context), void *context);

/* For the rows of templates/home. */
extern const struct hole home_holes[];

/* The spec's dotfiles, as they are. */
void render_home(const struct plan *plan, struct tree *tree);

#endif
