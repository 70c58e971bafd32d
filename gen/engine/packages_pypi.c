/* PyPI's simple API. */
#include "base/buf_raw.h"
#include "engine/packages_private.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static void thin_files(struct thinning *thinning, json_t *files) {
    for (size_t i = 0; i < json_array_size(files);) {
        const json_t *file = json_array_get(files, i);
        const char *url = text_of(file, "url");
        bool whole = url && text_of(file, "filename");
        int64_t when = packages_instant(text_of(file, "upload-time"));
        if (whole)
            packages_note(thinning, url, when);
        if (packages_count(thinning, whole, when))
            i++;
        else
            json_array_remove(files, i);
    }
}

static bool is_of(const char *version, const char *file) {
    size_t n = strlen(version);
    for (const char *dash = strchr(file, '-'); dash; dash = strchr(dash + 1, '-'))
        if (strncmp(dash + 1, version, n) == 0 && (dash[1 + n] == '-' || dash[1 + n] == '.'))
            return true;
    return false;
}

static void thin_versions(json_t *versions, const json_t *files) {
    for (size_t i = 0; i < json_array_size(versions);) {
        const char *version = json_string_value(json_array_get(versions, i));
        size_t k = version ? 0 : json_array_size(files);
        while (k < json_array_size(files) &&
               !is_of(version, text_of(json_array_get(files, k), "filename")))
            k++;
        if (k < json_array_size(files))
            i++;
        else
            json_array_remove(versions, i);
    }
}

const char *packages_thin_pypi(struct thinning *thinning, json_t *document) {
    const char *name = text_of(document, "name");
    json_t *files = json_object_get(document, "files");
    if (!name || strcmp(package_normal(thinning->arena, name), thinning->aged->name) != 0)
        return "it is that of another package";
    if (!json_is_array(files))
        return "it gives no dates";
    thin_files(thinning, files);
    thin_versions(json_object_get(document, "versions"), files);
    return NULL;
}

/* -- in HTML -- */

static void escaped(struct buf *out, const char *s) {
    for (; *s; s++)
        switch (*s) {
        case '&':
            buf_str(out, "&amp;");
            break;
        case '<':
            buf_str(out, "&lt;");
            break;
        case '>':
            buf_str(out, "&gt;");
            break;
        case '"':
            buf_str(out, "&quot;");
            break;
        case '\'':
            buf_str(out, "&#x27;");
            break;
        default:
            buf_char(out, *s);
        }
}

static void attribute(struct buf *out, const char *name, const char *value) {
    buf_str(out, name);
    buf_str(out, "=\"");
    escaped(out, value);
    buf_str(out, "\"");
}

static void link(const json_t *file, struct buf *out) {
    const char *sha256 = text_of(json_object_get(file, "hashes"), "sha256");
    const json_t *yanked = json_object_get(file, "yanked");
    struct buf url BUF_CLEANUP = {0};
    buf_str(&url, text_of(file, "url"));
    if (sha256) {
        buf_str(&url, "#sha256=");
        buf_str(&url, sha256);
    }
    attribute(out, "<a href", url.data);
    if (text_of(file, "requires-python"))
        attribute(out, " data-requires-python", text_of(file, "requires-python"));
    if (json_is_string(yanked) || json_is_true(yanked))
        attribute(out, " data-yanked", json_is_string(yanked) ? json_string_value(yanked) : "");
    buf_str(out, ">");
    escaped(out, text_of(file, "filename"));
    buf_str(out, "</a><br>\n");
}

void packages_html(const json_t *document, struct buf *out) {
    const char *name = text_of(document, "name");
    const json_t *files = json_object_get(document, "files");
    buf_str(out, "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" "
                 "content=\"1.0\"><title>Links for ");
    escaped(out, name);
    buf_str(out, "</title></head><body><h1>Links for ");
    escaped(out, name);
    buf_str(out, "</h1>\n");
    for (size_t i = 0; i < json_array_size(files); i++)
        link(json_array_get(files, i), out);
    buf_str(out, "</body></html>\n");
}
