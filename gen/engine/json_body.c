#include "engine/json_body.h"
#include "engine/fields_check.h"

static bool is_coded(const struct fields *fields) {
    struct fields_tokens tokens = {.fields = fields, .name = "content-encoding"};
    struct bytes token;
    while (fields_token(&tokens, &token))
        if (!bytes_are(token, "identity"))
            return true;
    return false;
}

static bool is_utf8(struct bytes parameter) {
    struct bytes name = {parameter.s, parameter.n < 7 ? parameter.n : 7};
    return !bytes_are(name, "charset") || bytes_are(parameter, "charset=utf-8") ||
           bytes_are(parameter, "charset=\"utf-8\"");
}

static bool says_json(const struct fields *fields) {
    size_t at = 0;
    struct bytes rest;
    const struct field *field = fields_next(fields, "content-type", &at);
    if (!field || fields_next(fields, "content-type", &at))
        return false;
    struct bytes type = bytes_trim(bytes_before(field->value, ';', &rest));
    bool json = bytes_are(type, "application/json") ||
                (type.n > 5 && bytes_are((struct bytes){type.s + type.n - 5, 5}, "+json"));
    while (rest.s)
        json = is_utf8(bytes_trim(bytes_before(rest, ';', &rest))) && json;
    return json;
}

const char *json_body_wrong(const struct fields *fields, unsigned long long length) {
    return is_coded(fields)             ? "is read, and this one has a Content-Encoding"
           : !says_json(fields)         ? "is JSON, and this one's Content-Type is not"
           : length > JSON_LONGEST_BODY ? "is read whole, and has at most 1 MiB"
                                        : NULL;
}
