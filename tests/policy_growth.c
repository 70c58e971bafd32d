/*
 * policy_growth KIND RULES MOST: the policy diff of two specs of so many rules with 30 paths each,
 * which are made here, since no file may hold as many. Prints how many steps it took, and the
 * nanoseconds. A step is a basic block of the policy's files, where they are compiled to call what
 * counts them (-fsanitize-coverage=trace-pc). After MOST steps it ends.
 */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATHS = 30 };

static uint64_t steps, most;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
    if (++steps != most)
        return;
    puts("too many");
    fflush(stdout);
    _Exit(1);
}

/* In what is written: %s one word or the other, %zu the number of the rule, %zu that of the path.
 */
static const struct kind {
    const char *name, *host, *path;
    const char *words[2]; /* the older spec's, the newer one's */
    bool suffix;          /* "*.HOST" */
    bool one;             /* only one rule changes */
    bool alike;           /* all rules have the same paths */
    bool method;          /* the newer one may POST, too */
    bool answer;          /* another one answers for each rule */
} kinds[] = {
    {.name = "nothing changed",
     .host = "h%zu.example.org",
     .path = "/%s/r%zu/p%zu",
     .words = {"a", "a"}},
    {.name = "one rule changed",
     .host = "example.org",
     .path = "/%s/r%zu/p%zu",
     .words = {"a", "b"},
     .one = true},
    {.name = "a host each",
     .host = "h%zu.example.org",
     .path = "/%s/r%zu/p%zu/*",
     .words = {"a", "b"}},
    {.name = "a wildcard each",
     .host = "h%zu.example.org",
     .path = "/%s/r%zu/p%zu",
     .words = {"a", "b"},
     .suffix = true},
    {.name = "one host", .host = "example.org", .path = "/%s/r%zu/p%zu", .words = {"a", "b"}},
    {.name = "one wildcard",
     .host = "example.org",
     .path = "/%s/r%zu/p%zu",
     .words = {"a", "b"},
     .suffix = true},
    {.name = "** first", .host = "example.org", .path = "/**/%s/r%zu/p%zu", .words = {"a", "b"}},
    {.name = "* first, methods",
     .host = "example.org",
     .path = "/*/%s/r%zu/p%zu/**",
     .words = {"a", "a"},
     .method = true},
    {"** first, wildcard",
     "example.org",
     "/**/%s/r%zu/p%zu",
     {"a", "a"},
     .suffix = true,
     .method = true},
    {.name = "wider", .host = "example.org", .path = "/%s/r%zu/p%zu", .words = {"a", "*"}},
    {.name = "narrower", .host = "example.org", .path = "/%s/r%zu/p%zu", .words = {"**", "a"}},
    {.name = "all rules alike",
     .host = "example.org",
     .path = "/%s/%zu/%zu/**",
     .words = {"a", "b"},
     .alike = true},
    {.name = "answers",
     .host = "example.org",
     .path = "/%s/%zu/%zu/**",
     .words = {"a", "a"},
     .alike = true,
     .answer = true},
};

static const char *say(struct arena *arena, const char *format, const char *word, size_t rule,
                       size_t path) {
    char text[100];
    snprintf(text, sizeof text, format, word, rule, path);
    return arena_copy(arena, text);
}

static void fill(struct arena *arena, struct rule *rule, const struct kind *kind, bool newer,
                 size_t number) {
    static struct name reads[] = {{"GET"}, {"HEAD"}}, posts[] = {{"GET"}, {"HEAD"}, {"POST"}};
    static int64_t ports[] = {443};
    const char *word = kind->words[newer && !(kind->one && number > 0)];
    char host[100];
    snprintf(host, sizeof host, kind->host, number);
    rule->host = (struct host_pattern){{arena_copy(arena, host)}, kind->suffix};
    rule->scheme = SCHEME_HTTPS;
    rule->methods.v = newer && kind->method ? posts : reads;
    rule->methods.n = newer && kind->method ? 3 : 2;
    rule->ports.v = ports;
    rule->ports.n = 1;
    rule->paths.v = arena_alloc(arena, PATHS * sizeof *rule->paths.v);
    rule->paths.n = PATHS;
    for (size_t i = 0; i < PATHS; i++)
        rule->paths.v[i].s = say(arena, kind->path, word, kind->alike ? 0 : number, i);
    rule->owner.s = say(arena, "%s%zu%zu", newer && kind->answer ? "new" : "old", number, 0);
}

static struct spec make(struct arena *arena, const struct kind *kind, bool newer, size_t rules) {
    struct spec spec = {.name = {"demo"}, .user = {.name = {"agent-demo"}, .uid = 2000}};
    spec.network.rules.v = arena_alloc(arena, rules * sizeof *spec.network.rules.v);
    spec.network.rules.n = rules;
    for (size_t i = 0; i < rules; i++)
        fill(arena, &spec.network.rules.v[i], kind, newer, i);
    return spec;
}

/* What `diff` and a commit do. */
static void compare(struct arena *arena, const struct spec *old, const struct spec *new) {
    struct policy_diff diff;
    BUF_CLEANUP struct buf text = {0};
    BUF_CLEANUP struct buf subject = {0};
    policy_compare(&diff, old, new, arena);
    policy_write(&diff, &text);
    policy_write_subject(&diff, new->name, false, &subject);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int argc, char **argv) {
    const struct kind *kind = kinds, *behind = kinds + sizeof kinds / sizeof *kinds;
    if (argc != 4) {
        for (; kind < behind; kind++)
            puts(kind->name);
        return 0;
    }
    while (kind < behind && strcmp(kind->name, argv[1]) != 0)
        kind++;
    if (kind == behind)
        return 2;
    struct arena *arena = arena_new();
    size_t rules = strtoul(argv[2], NULL, 10);
    struct spec old = make(arena, kind, false, rules), new = make(arena, kind, true, rules);
    most = strtoull(argv[3], NULL, 10);
    steps = 0;
    int64_t began = now();
    compare(arena, &old, &new);
    printf("%llu %lld\n", (unsigned long long)steps, (long long)(now() - began));
    arena_free(arena);
    return 0;
}
