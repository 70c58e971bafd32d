/* What of the agent's home is ours, so that a spec's dotfiles stand beside it. */
#ifndef HOME_RESERVED_H
#define HOME_RESERVED_H

/* The paths that we generate, below the home; sorted, NULL-terminated. */
extern const char *const home_reserved[];

/* The reserved path that a spec's dotfile cannot stand beside: the same one, or one of the two
 * would be a folder and a file. NULL when there is none. */
const char *home_clash(const char *path);

#endif
