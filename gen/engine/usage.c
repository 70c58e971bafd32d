#include "engine/usage.h"
#include "base/die.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NUMBER = 32, LONGEST_KEY = 31, DEPTH = 4 };
#define MOST INT64_C(1000000000000000) /* of one field */

enum field {
    INPUT,
    OUTPUT,
    CACHE_CREATION,
    CACHE_READ,
    PROMPT,
    COMPLETION,
    TOTAL,
    GEMINI_PROMPT,
    GEMINI_CANDIDATES,
    GEMINI_THOUGHTS,
    GEMINI_TOOL_USE,
    GEMINI_TOTAL,
    FIELDS,
    USAGE = FIELDS,
    AROUND, /* what usage may lie in */
    OTHER
};

static const struct {
    const char *name;
    enum field field;
} names[] = {{"input_tokens", INPUT},
             {"output_tokens", OUTPUT},
             {"cache_creation_input_tokens", CACHE_CREATION},
             {"cache_read_input_tokens", CACHE_READ},
             {"prompt_tokens", PROMPT},
             {"completion_tokens", COMPLETION},
             {"total_tokens", TOTAL},
             {"promptTokenCount", GEMINI_PROMPT},
             {"candidatesTokenCount", GEMINI_CANDIDATES},
             {"thoughtsTokenCount", GEMINI_THOUGHTS},
             {"toolUsePromptTokenCount", GEMINI_TOOL_USE},
             {"totalTokenCount", GEMINI_TOTAL},
             {"usage", USAGE},
             {"usageMetadata", USAGE},
             {"message", AROUND},
             {"response", AROUND}};
enum { NAMES = sizeof names / sizeof *names };

enum role { ROLE_NONE, ROLE_ARRAY, ROLE_TOP, ROLE_INNER, ROLE_USAGE };

struct usage {
    enum { FORMAT_UNKNOWN, FORMAT_JSON, FORMAT_EVENTS } format;
    /* A line of events. */
    size_t prefix; /* so many bytes of "data:" stand at its beginning */
    bool other, payload, begun, after_cr;
    /* JSON, of which no more is known than is looked for. */
    enum role roles[DEPTH + 1];
    size_t depth;     /* of what is open; roles[0] is that of nothing */
    uint64_t skipped; /* how deep in something else */
    bool in_string, escaped, bad, wants_key;
    char text[LONGEST_KEY + 1], number[LONGEST_NUMBER + 1];
    size_t text_length, number_length;
    enum field key;
    int64_t found[FIELDS];
};

struct usage *usage_new(void) {
    struct usage *usage = must_alloc(sizeof *usage);
    *usage = (struct usage){.key = OTHER};
    return usage;
}

void usage_free(struct usage *usage) {
    free(usage);
}

static int64_t most(int64_t a, int64_t b) {
    return a > b ? a : b;
}

uint64_t usage_tokens(const struct usage *usage) {
    const int64_t *n = usage->found;
    int64_t tokens =
        most(n[INPUT] + n[OUTPUT] + n[CACHE_CREATION] + n[CACHE_READ], n[PROMPT] + n[COMPLETION]);
    tokens = most(tokens, n[GEMINI_PROMPT] + n[GEMINI_CANDIDATES] + n[GEMINI_THOUGHTS] +
                              n[GEMINI_TOOL_USE]);
    return (uint64_t)most(tokens, most(n[TOTAL], n[GEMINI_TOTAL]));
}

/* -- JSON -- */

static int64_t value_of(const char *number, size_t length) {
    char text[LONGEST_NUMBER + 1], *end;
    if (length > LONGEST_NUMBER)
        return number[0] == '-' ? 0 : MOST;
    if (number[0] < '0' || number[0] > '9')
        return 0;
    memcpy(text, number, length);
    text[length] = '\0';
    if (strspn(text, "0123456789.eE+-") != length)
        return 0;
    double value = strtod(text, &end);
    if (*end)
        return 0;
    if (value >= (double)MOST)
        return MOST;
    int64_t whole = (int64_t)value;
    return whole + (value > (double)whole);
}

static void end_number(struct usage *usage) {
    size_t length = usage->number_length;
    usage->number_length = 0;
    if (!length || usage->roles[usage->depth] != ROLE_USAGE || usage->wants_key ||
        usage->key >= FIELDS)
        return;
    int64_t *found = &usage->found[usage->key];
    *found = most(*found, value_of(usage->number, length));
}

static enum field key_of(const struct usage *usage) {
    for (size_t i = 0; !usage->bad && i < NAMES; i++)
        if (strlen(names[i].name) == usage->text_length &&
            memcmp(names[i].name, usage->text, usage->text_length) == 0)
            return names[i].field;
    return OTHER;
}

/* The rest of a string, or of what is here of it. */
static const char *read_string(struct usage *usage, const char *s, const char *end) {
    bool kept = usage->wants_key && !usage->skipped;
    if (usage->escaped) {
        usage->escaped = false;
        return s + 1;
    }
    for (; s < end && *s != '"' && *s != '\\'; s++) {
        if (!kept)
            continue;
        if (usage->text_length <= LONGEST_KEY)
            usage->text[usage->text_length++] = *s;
        else
            usage->bad = true;
    }
    if (s == end)
        return s;
    if (*s == '\\') {
        usage->escaped = usage->bad = true;
    } else {
        usage->in_string = false;
        if (kept)
            usage->key = key_of(usage);
    }
    return s + 1;
}

static void open(struct usage *usage, char c) {
    enum role role = usage->roles[usage->depth], made = ROLE_NONE;
    if (c == '[' && role == ROLE_NONE)
        made = ROLE_ARRAY;
    else if (c == '{' && (role == ROLE_NONE || role == ROLE_ARRAY))
        made = ROLE_TOP;
    else if (c == '{' && (role == ROLE_TOP || role == ROLE_INNER) && usage->key == USAGE)
        made = ROLE_USAGE;
    else if (c == '{' && role == ROLE_TOP && usage->key == AROUND)
        made = ROLE_INNER;
    if (made == ROLE_NONE) {
        usage->skipped = 1;
        return;
    }
    usage->roles[++usage->depth] = made;
    if (made == ROLE_ARRAY)
        return;
    usage->wants_key = true;
    usage->key = OTHER;
}

static void one(struct usage *usage, char c) {
    switch (c) {
    case '{':
    case '[':
        open(usage, c);
        break;
    case '}':
    case ']':
        end_number(usage);
        usage->depth -= usage->depth > 0;
        usage->wants_key = false;
        break;
    case ':':
        usage->wants_key = false;
        break;
    case ',':
        end_number(usage);
        usage->wants_key = usage->roles[usage->depth] > ROLE_ARRAY;
        usage->key = OTHER;
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        end_number(usage);
        break;
    default:
        if (usage->number_length <= LONGEST_NUMBER)
            usage->number[usage->number_length++] = c;
    }
}

static const char *skip(struct usage *usage, const char *s, const char *end) {
    for (; s < end && *s != '"' && usage->skipped; s++) {
        usage->skipped += *s == '{' || *s == '[';
        usage->skipped -= *s == '}' || *s == ']';
    }
    return s;
}

static void scan(struct usage *usage, const char *s, const char *end) {
    while (s < end) {
        if (usage->in_string) {
            s = read_string(usage, s, end);
        } else if (*s == '"') {
            end_number(usage);
            usage->in_string = true;
            usage->bad = false;
            usage->text_length = 0;
            s++;
        } else if (usage->skipped) {
            s = skip(usage, s, end);
        } else {
            one(usage, *s++);
        }
    }
}

/* -- events: WHATWG HTML, section 9.2.6 -- */

static void end_event(struct usage *usage) {
    usage->depth = usage->number_length = 0;
    usage->skipped = 0;
    usage->in_string = usage->escaped = usage->wants_key = false;
    usage->key = OTHER;
}

static void end_line(struct usage *usage) {
    static const char space[] = {'\n'};
    if (usage->payload)
        scan(usage, space, space + sizeof space);
    else if (!usage->begun) /* an event ends */
        end_event(usage);
    usage->prefix = 0;
    usage->other = usage->payload = usage->begun = false;
}

static const char *in_line(struct usage *usage, const char *s, const char *end) {
    static const char data[] = "data:";
    usage->begun = true;
    while (s < end && !usage->payload && !usage->other) {
        usage->other = *s++ != data[usage->prefix++];
        usage->payload = !usage->other && !data[usage->prefix];
    }
    if (usage->payload)
        scan(usage, s, end);
    return end;
}

static void read_lines(struct usage *usage, const char *s, const char *end) {
    while (s < end) {
        if (*s == '\r' || *s == '\n') {
            if (*s == '\r' || !usage->after_cr)
                end_line(usage);
            usage->after_cr = *s++ == '\r';
            continue;
        }
        const char *rest = s;
        while (rest < end && *rest != '\r' && *rest != '\n')
            rest++;
        usage->after_cr = false;
        s = in_line(usage, s, rest);
    }
}

void usage_feed(struct usage *usage, const void *data, size_t length) {
    const char *s = data, *end = s + length;
    while (usage->format == FORMAT_UNKNOWN && s < end) {
        if (strchr(" \t\r\n\xef\xbb\xbf", *s) && *s)
            s++;
        else
            usage->format = *s == '{' || *s == '[' ? FORMAT_JSON : FORMAT_EVENTS;
    }
    if (usage->format == FORMAT_JSON)
        scan(usage, s, end);
    else
        read_lines(usage, s, end);
}
