/* What has been written or rendered and is not applied yet, told beside status. */
#ifndef AHEAD_H
#define AHEAD_H

/* Compares the applied sandbox of that name with the caller's own repository of it, and with the
 * spec beside that; a line for each that is ahead. folder: what -o named, or NULL: the repository
 * around the working folder, or the one that up makes in it. Whatever can't be told, and whoever
 * else's the repository is: nothing is said. Nothing that was found is run. */
void ahead_print(const char *name, const char *folder);

#endif
