#include "engine/ssh_rules.h"
#include "base/die.h"
#include "base/whole_file.h"
#include "spec/public_key.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4 * 1024 * 1024 };

/* Takes the next line of *text, whose end it cuts off; NULL: there is none. */
static char *next_line(char **text) {
    char *line = *text, *end = strchr(line, '\n');
    if (!*line)
        return NULL;
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static const char *read_text(struct arena *arena, const char *folder, const char *name, char **text,
                             size_t *lines) {
    char *path = arena_printf(arena, "%s/%s", folder, name), *read CHAR_CLEANUP = NULL;
    size_t length = 0;
    const char *why = read_whole_file(path, LONGEST, &read, &length);
    if (why)
        return arena_printf(arena, "%s: %s", path, why);
    *text = arena_copy(arena, read);
    *lines = 1;
    for (size_t i = 0; i < length; i++)
        *lines += read[i] == '\n';
    return NULL;
}

static bool read_key(struct arena *arena, const char *text, struct bytes *out) {
    struct public_key key;
    if (!public_key_parse(arena, text, &key))
        return false;
    *out = (struct bytes){(const char *)key.bytes, key.n};
    return true;
}

const char *ssh_rules_read(struct arena *arena, const char *folder, struct ssh_rules *rules) {
    char *text, *line;
    size_t most;
    const char *why = read_text(arena, folder, "known_hosts", &text, &most);
    if (why)
        return why;
    rules->hosts = arena_alloc(arena, most * sizeof *rules->hosts);
    while ((line = next_line(&text))) {
        struct ssh_host *host = &rules->hosts[rules->host_count++];
        char *key = strchr(line, ' ');
        if (!key || !read_key(arena, key + 1, &host->key))
            return arena_printf(arena, "%s/known_hosts is none of ours", folder);
        *key = '\0';
        host->name = line;
    }
    why = read_text(arena, folder, "keys", &text, &most);
    if (why)
        return why;
    rules->keys = arena_alloc(arena, most * sizeof *rules->keys);
    while ((line = next_line(&text)))
        if (!read_key(arena, line, &rules->keys[rules->key_count++]))
            return arena_printf(arena, "%s/keys is none of ours", folder);
    return NULL;
}

const struct ssh_host *ssh_rules_host(const struct ssh_rules *rules, struct bytes key) {
    for (size_t i = 0; i < rules->host_count; i++)
        if (bytes_equal(rules->hosts[i].key, key))
            return &rules->hosts[i];
    return NULL;
}

bool ssh_rules_have_key(const struct ssh_rules *rules, struct bytes key) {
    for (size_t i = 0; i < rules->key_count; i++)
        if (bytes_equal(rules->keys[i], key))
            return true;
    return false;
}
