/* A commit of somebody's clone, as flake.lock pins it: which one, and when it was made. */
#include "base/buf_raw.h"
#include "base/words.h"
#include "store/store_private.h"

#include <string.h>

static enum store_result open_clone(const struct store_source *source, git_repository **clone) {
    enum store_result result = store_open_repository(source->folder, clone);
    return result == STORE_UNCHANGED
               ? store_fail(STORE_REFUSED, "%s is no repository", source->folder)
               : result;
}

/* OWNER/REPO in a remote's URL (https://github.com/OWNER/REPO.git, git@github.com:OWNER/REPO);
 * NULL when it is at another place. */
static const char *forge_path(const char *url, size_t *n) {
    static const char forge[] = "github.com";
    const char *p = url ? strstr(url, forge) : NULL;
    if (!p || (p != url && !strchr("/@.", p[-1])) || !strchr(":/", p[sizeof forge - 1]))
        return NULL;
    p += sizeof forge - 1;
    p += strspn(p, ":/");
    *n = strlen(p);
    while (*n && p[*n - 1] == '/')
        --*n;
    if (*n > 4 && memcmp(p + *n - 4, ".git", 4) == 0)
        *n -= 4;
    return p;
}

static bool is_remote_url(const char *key) {
    static const char start[] = "remote.", end[] = ".url";
    size_t n = strlen(key);
    return n > sizeof start + sizeof end && strncmp(key, start, sizeof start - 1) == 0 &&
           strcmp(key + n - (sizeof end - 1), end) == 0;
}

/* A clone says where it is from; when none of its remotes is what the spec's URL names, the commit
 * may not exist there. One without a remote at the forge may be a mirror of anything.
 * git_remote_list() is not used: libgit2 1.5 loses memory in it. */
static enum store_result check_remotes(const struct store_source *source, git_repository *clone) {
    GIT_CLEANUP(git_config) git_config *config = NULL;
    GIT_CLEANUP(git_config_iterator) git_config_iterator *each = NULL;
    BUF_CLEANUP struct buf wanted = {0};
    BUF_CLEANUP struct buf other = {0};
    git_config_entry *entry;
    bool found = false;
    buf_printf(&wanted, "%s/%s", source->owner, source->repo);
    if (git_repository_config_snapshot(&config, clone) < 0 ||
        git_config_iterator_new(&each, config) < 0)
        return store_git_failed("read the repository's configuration");
    while (git_config_next(&entry, each) == 0) {
        size_t n = 0;
        const char *path = is_remote_url(entry->name) ? forge_path(entry->value, &n) : NULL;
        if (!path)
            continue;
        other.len = 0;
        buf_add(&other, path, n);
        found = found || words_equal_ignoring_case(other.data, wanted.data);
    }
    if (found || !other.len)
        return STORE_DONE;
    return store_fail(STORE_REFUSED, "%s is a clone of %s, and the input is %s", source->folder,
                      other.data, wanted.data);
}

static enum store_result peel(const struct store_source *source, git_object *object,
                              git_commit **commit) {
    if (git_object_peel((git_object **)commit, object, GIT_OBJECT_COMMIT) == 0)
        return STORE_DONE;
    return store_fail(STORE_REFUSED, "\"%s\" is no commit in %s",
                      source->revision ? source->revision : source->ref, source->folder);
}

static enum store_result find_revision(const struct store_source *source, git_repository *clone,
                                       git_commit **commit) {
    GIT_CLEANUP(git_object) git_object *object = NULL;
    if (git_revparse_single(&object, clone, source->revision) < 0)
        return store_fail(STORE_REFUSED, "%s has no commit \"%s\"", source->folder,
                          source->revision);
    return peel(source, object, commit);
}

/* What was fetched comes before what may have been committed on top of it. */
static enum store_result find_ref(const struct store_source *source, git_repository *clone,
                                  git_commit **commit) {
    static const char *const places[] = {"refs/remotes/origin/", "refs/heads/", "refs/tags/"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        GIT_CLEANUP(git_object) git_object *object = NULL;
        BUF_CLEANUP struct buf name = {0};
        git_oid id;
        buf_printf(&name, "%s%s", places[i], source->ref);
        if (git_reference_name_to_id(&id, clone, name.data) == 0 &&
            git_object_lookup(&object, clone, &id, GIT_OBJECT_ANY) == 0)
            return peel(source, object, commit);
    }
    return store_fail(STORE_REFUSED,
                      "%s has no branch or tag \"%s\"; fetch it, or say which commit with --rev",
                      source->folder, source->ref);
}

static enum store_result find_commit(const struct store_source *source, git_repository *clone,
                                     git_commit **commit) {
    struct store_source head = *source;
    if (!source->revision && *source->ref)
        return find_ref(source, clone, commit);
    if (!source->revision)
        head.revision = "HEAD";
    return find_revision(&head, clone, commit);
}

enum store_result store_pin(const struct store_source *source, struct store_pin *pin) {
    GIT_CLEANUP(git_repository) git_repository *clone = NULL;
    GIT_CLEANUP(git_commit) git_commit *commit = NULL;
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    store_start_library();
    enum store_result result = open_clone(source, &clone);
    if (result == STORE_DONE)
        result = check_remotes(source, clone);
    if (result == STORE_DONE)
        result = find_commit(source, clone, &commit);
    if (result != STORE_DONE)
        return result;
    git_oid_tostr(pin->id.hex, sizeof pin->id.hex, git_commit_id(commit));
    pin->modified = git_commit_time(commit);
    if (git_commit_tree(&tree, commit) < 0)
        return store_git_failed("read the commit's tree (is it a whole clone?)");
    return store_hash_tree(clone, tree, pin->hash);
}
