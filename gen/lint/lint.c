#include "base/die.h"
#include "lint/lint_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* -- what is found -- */

static struct finding *add(struct findings *out) {
    if (out->n == out->cap) {
        out->cap = out->cap ? 2 * out->cap : 32;
        out->v = must_realloc(out->v, out->cap * sizeof *out->v);
    }
    out->v[out->n] = (struct finding){0};
    return &out->v[out->n++];
}

struct finding *lint_find(struct linting *lint, enum finding_kind kind, const char *of,
                          struct aim aim, const char *why, const char *what_to_do) {
    struct finding *found = add(lint->out);
    *found =
        (struct finding){.kind = kind, .of = of, .aim = aim, .why = why, .what_to_do = what_to_do};
    return found;
}

void lint_may_find(struct linting *lint, enum finding_kind kind, const char *of) {
    *add(lint->out) = (struct finding){.kind = kind, .of = of, .latent = true};
}

void findings_clear(struct findings *findings) {
    for (size_t i = 0; i < findings->n; i++)
        json_decref(findings->v[i].narrower);
    free(findings->v);
    *findings = (struct findings){0};
}

/* -- names and places -- */

const char *lint_host_name(const struct linting *lint, struct host_pattern host) {
    BUF_CLEANUP struct buf b = {0};
    buf_host(&b, host);
    return arena_copy(lint->arena, b.data);
}

const char *lint_rule_name(const struct linting *lint, const struct rule *rule) {
    return rule->github.s ? rule->github.s : lint_host_name(lint, rule->host);
}

const char *lint_place(const struct linting *lint, written at) {
    return written_place(lint->reading, at_object(at));
}

static int by_place(const void *x, const void *y) {
    const struct rule *a = *(const struct rule *const *)x, *b = *(const struct rule *const *)y;
    uintptr_t p = (uintptr_t)a->at, q = (uintptr_t)b->at;
    return p != q ? (p > q) - (p < q) : (a > b) - (a < b);
}

static void sort_rules(struct linting *lint) {
    size_t n = lint->spec->network.rules.n;
    lint->by_place = arena_alloc(lint->arena, (n + 1) * sizeof *lint->by_place);
    for (size_t i = 0; i < n; i++)
        lint->by_place[i] = &lint->spec->network.rules.v[i];
    if (n)
        qsort(lint->by_place, n, sizeof *lint->by_place, by_place);
}

struct lint_parts lint_parts(const struct linting *lint, const struct rule *whole) {
    size_t low = 0, high = lint->spec->network.rules.n, n = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)lint->by_place[middle]->at < (uintptr_t)whole->at)
            low = middle + 1;
        else
            high = middle;
    }
    struct lint_parts parts = {lint->by_place + low, 0};
    while (low + parts.n < n && parts.v[parts.n]->at == whole->at)
        parts.n++;
    return parts;
}

/* -- what is accepted -- */

static bool accepts(const struct acceptance *one, const struct finding *found) {
    return one->finding == found->kind && strcmp(one->of.s, found->of) == 0;
}

static void accept(struct linting *lint) {
    size_t n = lint->out->n;
    for (size_t i = 0; i < lint->spec->accept.n; i++) {
        const struct acceptance *one = &lint->spec->accept.v[i];
        bool any = false;
        for (size_t k = 0; k < n; k++)
            if (accepts(one, &lint->out->v[k])) {
                lint->out->v[k].accepted = one;
                any = true;
            }
        if (!any)
            lint_find(lint, FINDING_ACCEPTS_NOTHING, one->of.s, at_object(one->at),
                      arena_printf(lint->arena, "there is no finding \"%s\" of \"%s\" to accept",
                                   finding_word(one->finding), one->of.s),
                      "Take it out of accept, or name what lint names");
    }
}

void lint_spec(struct reading *reading, const struct plan *plan, const struct uses *uses,
               struct findings *out) {
    struct linting lint = {.reading = reading,
                           .arena = reading->arena,
                           .plan = plan,
                           .spec = plan->spec,
                           .uses = uses,
                           .out = out};
    *out = (struct findings){0};
    sort_rules(&lint);
    lint.denied = lint_denied_make(&lint);
    lint_denials(&lint);
    lint_shadows(&lint);
    lint_ends(&lint);
    lint_hosts(&lint);
    lint_credentials(&lint);
    lint_widths(&lint);
    lint_mcp(&lint);
    lint_relax(&lint);
    accept(&lint);
}
