#include "export/export_private.h"

#include <string.h>

const struct export_target *const export_targets[] = {
    &export_srt, &export_devcontainer, &export_openshell, &export_nono, &export_k8s, NULL,
};

const char *export_effect_word(enum export_effect effect) {
    return effect == EXPORT_WIDER ? "wider" : "narrower";
}

const struct export_target *export_find(const char *name) {
    for (size_t i = 0; export_targets[i]; i++)
        if (strcmp(export_targets[i]->name, name) == 0)
            return export_targets[i];
    return NULL;
}

void export_losses(const struct export_target *target, const struct plan *plan,
                   void (*found)(const struct export_loss *loss, struct asked asked, void *context),
                   void *context) {
    for (size_t i = 0; i < target->matrix->loss_count; i++) {
        struct asked asked = target->matrix->losses[i].asked(plan);
        if (asked.at)
            found(&target->matrix->losses[i], asked, context);
    }
}

struct commenting {
    struct arena *arena;
    struct yaml_writer *y;
};

static void comment(const struct export_loss *loss, struct asked asked, void *context) {
    const struct commenting *commenting = context;
    (void)asked;
    yw_comment_text(commenting->y, (struct text){arena_printf(commenting->arena, "%s: %s: %s",
                                                              export_effect_word(loss->effect),
                                                              loss->what, loss->why)});
}

void export_comments(const struct export_target *target, const struct plan *plan,
                     struct arena *arena, struct yaml_writer *y) {
    struct commenting commenting = {arena, y};
    yw_comment_text(
        y, (struct text){arena_printf(
               arena,
               "Written by agent-sandbox export %s. What of the spec is not here:", target->name)});
    export_losses(target, plan, comment, &commenting);
}
