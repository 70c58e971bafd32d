/* What a target's writer and its matrix have in common. */
#ifndef EXPORT_PRIVATE_H
#define EXPORT_PRIVATE_H

#include "export/export.h"
#include "write/write_yaml.h"

/* held and losses are arrays of the file. */
#define MATRIX                                                                                     \
    { held, sizeof held / sizeof *held, losses, sizeof losses / sizeof *losses }

/* Of every matrix: what apply alone does. */
#define LOST_EVERYWHERE                                                                            \
    {EXPORT_WIDER, "managed", "agents that are started outside of it keep their own settings",     \
     asked_managed},                                                                               \
    {                                                                                              \
        EXPORT_WIDER, "signing", "nobody's signature is asked for", asked_signing                  \
    }

extern const struct export_matrix matrix_devcontainer, matrix_k8s, matrix_nono, matrix_openshell,
    matrix_srt;

/* In front of a document: what is not in it. */
void export_comments(const struct export_target *target, const struct plan *plan,
                     struct arena *arena, struct yaml_writer *y);

/* The pod. */
void k8s_sandbox(struct yaml_writer *y, const struct plan *plan, struct arena *arena);

/* What a devcontainer.json can say as it is. */
bool devcontainer_takes(const char *words);
bool devcontainer_mounts(const struct workspace *workspace);

/* Whether nono has a way to find the secret, and to put it where the spec says. */
bool nono_holds(const struct credential *credential);
/* It puts its own values for $HOME and the like into variables, and has no escape. */
bool nono_takes(const char *words);

#endif
