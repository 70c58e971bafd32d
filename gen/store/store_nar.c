/* A tree of git's in Nix's archive format, hashed: of a clone's commit, as the forge's tarball
 * would unpack. */
#include "base/buf_raw.h"
#include "base/die.h"
#include "git/archive_rules.h"
#include "git/nar.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

enum { FOLDERS_DEEP = 512 };

struct walk {
    git_repository *clone;
    git_odb *odb;
    struct archive_rules rules;
    struct nar nar;
    struct sha256 sum;
    struct buf path; /* of what is being looked at; of a folder with its slash */
    size_t depth;
};

typedef enum store_result entry_fn(struct walk *walk, const git_tree_entry *entry);

static void add_to_sum(void *sum, const void *data, size_t n) {
    sha256_add(sum, data, n);
}

static enum store_result read_blob(struct walk *walk, const git_tree_entry *entry,
                                   git_odb_object **blob) {
    if (git_odb_read(blob, walk->odb, git_tree_entry_id(entry)) == 0)
        return STORE_DONE;
    BUF_CLEANUP struct buf what = {0};
    buf_printf(&what, "read %s from the repository (is it a whole clone?)", walk->path.data);
    return store_git_failed(what.data);
}

/* Nix sorts by the names' plain bytes; git takes a folder's for "name/". */
static int by_name(const void *a, const void *b) {
    const git_tree_entry *const *x = a, *const *y = b;
    return strcmp(git_tree_entry_name(*x), git_tree_entry_name(*y));
}

/* Calls each for the entries of a tree, with the path set to theirs. */
static enum store_result each_entry(struct walk *walk, const git_tree *tree, entry_fn *each) {
    size_t n = git_tree_entrycount(tree), folder = walk->path.len;
    const git_tree_entry **entries = must_alloc((n + 1) * sizeof(const git_tree_entry *));
    enum store_result result = STORE_DONE;
    for (size_t i = 0; i < n; i++)
        entries[i] = git_tree_entry_byindex(tree, i);
    qsort(entries, n, sizeof(const git_tree_entry *), by_name);
    if (++walk->depth > FOLDERS_DEEP)
        result = store_fail(STORE_REFUSED, "its folders are more than %d deep", FOLDERS_DEEP);
    for (size_t i = 0; i < n && result == STORE_DONE; i++) {
        buf_str(&walk->path, git_tree_entry_name(entries[i]));
        if (git_tree_entry_type(entries[i]) == GIT_OBJECT_TREE)
            buf_lit(&walk->path, "/");
        result = each(walk, entries[i]);
        walk->path.len = folder;
    }
    walk->depth--;
    free(entries);
    return result;
}

static enum store_result open_folder(struct walk *walk, const git_tree_entry *entry,
                                     git_tree **tree) {
    if (git_tree_lookup(tree, walk->clone, git_tree_entry_id(entry)) == 0)
        return STORE_DONE;
    BUF_CLEANUP struct buf what = {0};
    buf_printf(&what, "read %s from the repository (is it a whole clone?)", walk->path.data);
    return store_git_failed(what.data);
}

static bool is_plain(const git_tree_entry *entry) {
    git_filemode_t mode = git_tree_entry_filemode(entry);
    return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

static enum store_result take_rules(struct walk *walk, const git_tree_entry *entry) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    GIT_CLEANUP(git_odb_object) git_odb_object *blob = NULL;
    enum store_result result = STORE_DONE;
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
        result = open_folder(walk, entry, &tree);
        return result == STORE_DONE ? each_entry(walk, tree, take_rules) : result;
    }
    if (strcmp(git_tree_entry_name(entry), ".gitattributes") != 0 || !is_plain(entry))
        return STORE_DONE;
    if ((result = read_blob(walk, entry, &blob)) != STORE_DONE)
        return result;
    CHAR_CLEANUP char *folder = must_copy(walk->path.data);
    folder[walk->path.len - strlen(".gitattributes")] = '\0';
    archive_rules_read(&walk->rules, folder, git_odb_object_data(blob), git_odb_object_size(blob));
    return STORE_DONE;
}

static enum store_result check_rules(const struct walk *walk, const void *data, size_t n) {
    BUF_CLEANUP struct buf path = {0};
    buf_add(&path, walk->path.data, walk->path.len);
    if (path.data[path.len - 1] == '/')
        path.data[path.len - 1] = '\0';
    const char *attribute = archive_rules_match(&walk->rules, path.data, data, n);
    if (!attribute)
        return STORE_DONE;
    return store_fail(STORE_REFUSED,
                      "its .gitattributes give \"%s\" to %s, so the tarball that Nix hashes is not "
                      "its tree; take the hash that Nix computes",
                      attribute, path.data);
}

static enum store_result put_file(struct walk *walk, const git_tree_entry *entry) {
    GIT_CLEANUP(git_odb_object) git_odb_object *blob = NULL;
    enum store_result result = read_blob(walk, entry, &blob);
    if (result != STORE_DONE)
        return result;
    const void *data = git_odb_object_data(blob);
    size_t n = git_odb_object_size(blob);
    if ((result = check_rules(walk, is_plain(entry) ? data : NULL, n)) != STORE_DONE)
        return result;
    if (is_plain(entry))
        nar_file(&walk->nar, git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE, data,
                 n);
    else
        nar_link(&walk->nar, data, n);
    return STORE_DONE;
}

/* Whether a tarball would name the folder: it has none without a file, a link or a submodule. */
static enum store_result holds_something(struct walk *walk, const git_tree *tree, bool *holds) {
    size_t n = git_tree_entrycount(tree);
    enum store_result result = STORE_DONE;
    *holds = false;
    for (size_t i = 0; i < n && !*holds; i++)
        *holds = git_tree_entry_type(git_tree_entry_byindex(tree, i)) != GIT_OBJECT_TREE;
    if (++walk->depth > FOLDERS_DEEP)
        result = store_fail(STORE_REFUSED, "its folders are more than %d deep", FOLDERS_DEEP);
    for (size_t i = 0; i < n && !*holds && result == STORE_DONE; i++) {
        GIT_CLEANUP(git_tree) git_tree *child = NULL;
        result = open_folder(walk, git_tree_entry_byindex(tree, i), &child);
        if (result == STORE_DONE)
            result = holds_something(walk, child, holds);
    }
    walk->depth--;
    return result;
}

static enum store_result put_entry(struct walk *walk, const git_tree_entry *entry);

static enum store_result put_folder(struct walk *walk, const git_tree *tree) {
    nar_folder(&walk->nar);
    enum store_result result = each_entry(walk, tree, put_entry);
    nar_folder_end(&walk->nar);
    return result;
}

static enum store_result put_entry(struct walk *walk, const git_tree_entry *entry) {
    GIT_CLEANUP(git_tree) git_tree *tree = NULL;
    enum store_result result = STORE_DONE;
    bool folder = git_tree_entry_type(entry) == GIT_OBJECT_TREE, holds = true;
    bool submodule = git_tree_entry_type(entry) == GIT_OBJECT_COMMIT;
    if (folder && ((result = open_folder(walk, entry, &tree)) != STORE_DONE ||
                   (result = holds_something(walk, tree, &holds)) != STORE_DONE || !holds))
        return result;
    if ((folder || submodule) && (result = check_rules(walk, NULL, 0)) != STORE_DONE)
        return result;
    nar_entry(&walk->nar, git_tree_entry_name(entry));
    if (folder)
        result = put_folder(walk, tree);
    else if (!submodule)
        result = put_file(walk, entry);
    else { /* a tarball has an empty folder in its place */
        nar_folder(&walk->nar);
        nar_folder_end(&walk->nar);
    }
    nar_entry_end(&walk->nar);
    return result;
}

enum store_result store_hash_tree(git_repository *clone, const git_tree *tree,
                                  char hash[SHA256_SRI_SIZE]) {
    struct walk walk = {.clone = clone};
    unsigned char digest[SHA256_SIZE];
    walk.nar = (struct nar){add_to_sum, &walk.sum};
    sha256_start(&walk.sum);
    if (git_repository_odb(&walk.odb, clone) < 0)
        return store_git_failed("open the repository's objects");
    enum store_result result = each_entry(&walk, tree, take_rules);
    nar_start(&walk.nar);
    if (result == STORE_DONE)
        result = put_folder(&walk, tree);
    sha256_end(&walk.sum, digest);
    sha256_sri(digest, hash);
    archive_rules_free(&walk.rules);
    buf_free(&walk.path);
    git_odb_free(walk.odb);
    return result;
}
