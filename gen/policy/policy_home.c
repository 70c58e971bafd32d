/* What the agent finds at home: tools, presets, dotfiles, environment, its user, the pins. */
#include "policy/policy_private.h"
#include "spec/types.h"

#include <string.h>

/* Characters of a user's text that a sentence shows. */
enum { SHORT = 60 };

/* -- tools -- */

static void more_tools(struct policy_run *run, const struct name *less, size_t n_less,
                       const struct name *more, size_t n_more, struct text what) {
    BUF_CLEANUP struct buf sentence = {0};
    BUF_CLEANUP struct buf subject = {0};
    struct name *added = arena_alloc(run->arena, n_more * sizeof *added);
    size_t n = policy_added(less, n_less, more, n_more, added);
    if (n == 0)
        return;
    policy_now(run, &sentence);
    buf_lit(&sentence, "has");
    plain_again(&sentence, what);
    policy_names(&sentence, added, n);
    plain_again(&subject, (struct text){what.s + strcspn(what.s, " ") + 1});
    policy_names(&subject, added, n);
    policy_add(run, &sentence, &subject)->count = n;
}

#define TOOLS(list, what)                                                                          \
    more_tools(run, less->list.v, less->list.n, more->list.v, more->list.n, (struct text){what})

void policy_more_packages(struct policy_run *run, const struct spec *less,
                          const struct spec *more) {
    TOOLS(packages.nix, " from nixpkgs: ");
    TOOLS(packages.unfree, ", though unfree: ");
    TOOLS(packages.homebrew.formulae, " from Homebrew: ");
    TOOLS(packages.homebrew.casks, " from Homebrew's casks: ");
}

void policy_more_agents(struct policy_run *run, const struct spec *less, const struct spec *more) {
    TOOLS(agents, " the presets of: ");
}

/* -- values that take each other's place -- */

static void tell(struct policy_run *run, const struct buf *what, struct text was, struct text is) {
    BUF_CLEANUP struct buf sentence = {0};
    plain_again(&sentence, (struct text){what->data});
    buf_lit(&sentence, ": ");
    plain_again(&sentence, is);
    buf_lit(&sentence, ", was ");
    plain_again(&sentence, was);
    struct policy_change *change = policy_add(run, &sentence, what);
    change->old = was;
    change->new = is;
}

static struct text quoted(struct policy_run *run, struct text text) {
    BUF_CLEANUP struct buf b = {0};
    plain_short(&b, text, SHORT);
    return policy_keep(run, &b);
}

static struct text value(struct policy_run *run, const struct type *type, const void *member) {
    BUF_CLEANUP struct buf b = {0};
    policy_value(&b, type, member);
    return policy_keep(run, &b);
}

#define WHAT(words)                                                                                \
    BUF_CLEANUP struct buf what = {0};                                                             \
    buf_lit(&what, words)

void policy_other_name(struct policy_run *run, const struct spec *old, const struct spec *new) {
    /* It has other users, another firewall and another state. */
    WHAT("the sandbox's name (where the old one is applied, it stays until it is removed)");
    if (strcmp(old->name.s, new->name.s) != 0)
        tell(run, &what, (struct text){old->name.s}, (struct text){new->name.s});
}

void policy_other_user(struct policy_run *run, const struct spec *old, const struct spec *new) {
    const struct user *a = &old->user, *b = &new->user;
    if (strcmp(a->name.s, b->name.s) != 0) {
        WHAT("the agent's user");
        tell(run, &what, (struct text){a->name.s}, (struct text){b->name.s});
    }
    if (a->uid != b->uid) {
        WHAT("the agent's uid");
        tell(run, &what, value(run, &type_int, &a->uid), value(run, &type_int, &b->uid));
    }
    if (a->shell != b->shell) {
        WHAT("the agent's shell");
        tell(run, &what, value(run, &type_shell, &a->shell), value(run, &type_shell, &b->shell));
    }
}

void policy_other_git(struct policy_run *run, const struct spec *old, const struct spec *new) {
    if (!policy_same_text(old->git.name, new->git.name)) {
        WHAT("the name in the agent's commits");
        tell(run, &what, quoted(run, old->git.name), quoted(run, new->git.name));
    }
    if (!policy_same_text(old->git.email, new->git.email)) {
        WHAT("the address in the agent's commits");
        tell(run, &what, quoted(run, old->git.email), quoted(run, new->git.email));
    }
}

/* -- lists of which one item is new, gone, or another -- */

enum fate { FATE_NEW, FATE_GONE, FATE_CHANGED };

static void tell_fate(struct policy_run *run, const struct buf *what, enum fate fate) {
    BUF_CLEANUP struct buf sentence = {0};
    plain_again(&sentence, (struct text){what->data});
    switch (fate) {
    case FATE_NEW:
        buf_lit(&sentence, " is new");
        break;
    case FATE_GONE:
        buf_lit(&sentence, " is gone");
        break;
    case FATE_CHANGED:
        buf_lit(&sentence, " has another content");
        break;
    }
    policy_add(run, &sentence, what);
}

static void lock_fates(struct policy_run *run, const struct spec *a, const struct spec *b,
                       enum fate fate) {
    for (size_t i = 0; i < a->lock.n; i++)
        if (!policy_has_name(b->lock.v, b->lock.n, a->lock.v[i].s)) {
            WHAT("the lock on ");
            buf_name(&what, a->lock.v[i]);
            tell_fate(run, &what, fate);
        }
}

void policy_other_lock(struct policy_run *run, const struct spec *old, const struct spec *new) {
    lock_fates(run, new, old, FATE_NEW);
    lock_fates(run, old, new, FATE_GONE);
}

/* -- tests -- */

static bool same_test(const struct policy_test *a, const struct policy_test *b) {
    return policy_same_text(a->request, b->request) && policy_same_text(a->connect, b->connect) &&
           a->expect == b->expect &&
           policy_same_text((struct text){a->credential.s}, (struct text){b->credential.s});
}

static void test_fates(struct policy_run *run, const struct spec *a, const struct spec *b,
                       enum fate fate) {
    for (size_t i = 0; i < a->tests.n; i++) {
        const struct policy_test *test = &a->tests.v[i];
        size_t k = 0;
        while (k < b->tests.n && !same_test(test, &b->tests.v[k]))
            k++;
        if (k < b->tests.n)
            continue;
        WHAT("the test that ");
        plain_text(&what, test->request.s ? test->request : test->connect);
        if (test->expect == EXPECT_DENY)
            buf_lit(&what, " is denied");
        else
            buf_lit(&what, " is allowed");
        if (test->credential.s) {
            buf_lit(&what, " with the credential ");
            buf_name(&what, test->credential);
        }
        tell_fate(run, &what, fate);
    }
}

void policy_other_tests(struct policy_run *run, const struct spec *old, const struct spec *new) {
    test_fates(run, new, old, FATE_NEW);
    test_fates(run, old, new, FATE_GONE);
}

static const struct dotfile *find_dotfile(const struct spec *spec, const char *path) {
    for (size_t i = 0; i < spec->dotfiles.n; i++)
        if (strcmp(spec->dotfiles.v[i].path.s, path) == 0)
            return &spec->dotfiles.v[i];
    return NULL;
}

static void dotfile_what(struct buf *what, const struct dotfile *d) {
    buf_lit(what, "the dotfile ");
    buf_name(what, d->path);
}

void policy_other_dotfiles(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->dotfiles.n; i++) {
        const struct dotfile *d = &new->dotfiles.v[i], *was = find_dotfile(old, d->path.s);
        BUF_CLEANUP struct buf what = {0};
        dotfile_what(&what, d);
        if (!was)
            tell_fate(run, &what, FATE_NEW);
        else if (!policy_same_text(was->text, d->text))
            tell_fate(run, &what, FATE_CHANGED);
        if (was && was->executable != d->executable)
            tell(run, &what, (struct text){was->executable ? "executable" : "not executable"},
                 (struct text){d->executable ? "executable" : "not executable"});
        if (was && was->once != d->once)
            tell(run, &what, (struct text){was->once ? "laid once" : "written by apply"},
                 (struct text){d->once ? "laid once" : "written by apply"});
    }
    for (size_t i = 0; i < old->dotfiles.n; i++)
        if (!find_dotfile(new, old->dotfiles.v[i].path.s)) {
            BUF_CLEANUP struct buf what = {0};
            dotfile_what(&what, &old->dotfiles.v[i]);
            tell_fate(run, &what, FATE_GONE);
        }
}

static struct text variable(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < spec->environment.n; i++)
        if (strcmp(spec->environment.v[i].name.s, name) == 0)
            return spec->environment.v[i].value;
    return (struct text){NULL};
}

static void tell_variable(struct policy_run *run, const struct spec *old, const struct spec *new,
                          struct name name) {
    struct text was = variable(old, name.s), is = variable(new, name.s);
    WHAT("the variable ");
    buf_name(&what, name);
    if (!policy_same_text(was, is))
        tell(run, &what, quoted(run, was), quoted(run, is));
}

void policy_other_environment(struct policy_run *run, const struct spec *old,
                              const struct spec *new) {
    for (size_t i = 0; i < new->environment.n; i++)
        tell_variable(run, old, new, new->environment.v[i].name);
    for (size_t i = 0; i < old->environment.n; i++)
        if (!variable(new, old->environment.v[i].name.s).s)
            tell_variable(run, old, new, old->environment.v[i].name);
}

/* -- pins -- */

static const struct input *find_input(const struct spec *spec, const char *name) {
    for (size_t i = 0; i < spec->inputs.n; i++)
        if (strcmp(spec->inputs.v[i].name.s, name) == 0)
            return &spec->inputs.v[i];
    return NULL;
}

static bool same_input(const struct input *a, const struct input *b) {
    return policy_same_text(a->url, b->url) && strcmp(a->rev.s, b->rev.s) == 0 &&
           policy_same_text(a->hash, b->hash) && a->modified == b->modified;
}

static struct text pin(struct policy_run *run, const struct input *input) {
    BUF_CLEANUP struct buf b = {0};
    if (!input) {
        buf_lit(&b, "none");
        return policy_keep(run, &b);
    }
    plain_word(&b, input->url);
    buf_lit(&b, " at ");
    buf_name(&b, input->rev);
    return policy_keep(run, &b);
}

static void tell_input(struct policy_run *run, const struct input *was, const struct input *is) {
    WHAT("the pinned input ");
    buf_name(&what, is ? is->name : was->name);
    struct text before = pin(run, was), after = pin(run, is);
    if (strcmp(before.s, after.s) == 0)
        tell_fate(run, &what, FATE_CHANGED);
    else
        tell(run, &what, before, after);
}

void policy_other_inputs(struct policy_run *run, const struct spec *old, const struct spec *new) {
    for (size_t i = 0; i < new->inputs.n; i++) {
        const struct input *is = &new->inputs.v[i], *was = find_input(old, is->name.s);
        if (!was || !same_input(was, is))
            tell_input(run, was, is);
    }
    for (size_t i = 0; i < old->inputs.n; i++)
        if (!find_input(new, old->inputs.v[i].name.s))
            tell_input(run, &old->inputs.v[i], NULL);
}
