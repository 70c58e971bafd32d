/*
 * Nix's archive format (NAR), streamed: what the hash of a folder is the hash of. It knows plain
 * files, executable ones, symbolic links and folders, and nothing of times or owners.
 *
 * A folder is nar_folder(), for each of its entries, sorted by the plain bytes of their names,
 * nar_entry(), what it is, nar_entry_end(); then nar_folder_end().
 */
#ifndef NAR_H
#define NAR_H

#include <stdbool.h>
#include <stddef.h>

struct nar {
    void (*write)(void *context, const void *data, size_t n);
    void *context;
};

void nar_start(const struct nar *nar);
void nar_file(const struct nar *nar, bool executable, const void *data, size_t n);
void nar_link(const struct nar *nar, const void *target, size_t n);
void nar_folder(const struct nar *nar);
void nar_entry(const struct nar *nar, const char *name);
void nar_entry_end(const struct nar *nar);
void nar_folder_end(const struct nar *nar);

#endif
