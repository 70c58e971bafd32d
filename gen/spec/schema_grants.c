/* What may be granted while the agent runs. */
#include "spec/schema_private.h"

static const struct key most_keys[] = {
    {LIST_OF(grants_most, "hosts", hosts, struct host_pattern, type_host_pattern), .max = 255,
     .stricter = true, .keeps_empty = true, .absent_words = "any",
     .doc = "hosts; of two specs, what both name; an empty list: nothing may be granted"},
    {LIST_OF(grants_most, "methods", methods, struct name, type_method), .max = 20,
     .stricter = true, .keeps_empty = true, .absent_words = "any",
     .doc = "HTTP methods; of two specs, what both name"},
    {INT(grants_most, "for", seconds, type_duration), .max = 20, .tighten = TIGHTEN_LOWER,
     .stricter = true, .absent_words = "8h",
     .doc = "how long a grant may last; of two specs, the shorter one holds"},
};
OBJECT_TABLE(most, grants_most, "the most", "what may be granted at most");

static const struct key grants_keys[] = {
    {LIST_OF(grants, "by", by, struct text, type_operator), .max = 255,
     .absent_words = "nobody, so that nothing can be granted",
     .doc = "the operators who may grant"},
    {OBJECT(grants, "most", most, grants_most, most_object),
     .doc = "what may be granted at most; never a credential, a relaxation, a private address or "
            "what is not HTTP"},
    {INT(grants, "wait", wait, type_duration), .max = 20, .tighten = TIGHTEN_LOWER,
     .absent_words = "60s",
     .doc = "how long a request waits for an answer, with network.ask, while somebody is asked"},
    {VALUE(grants, "on_ask", on_ask, struct path, type_path), .max = 200,
     .doc = "a program of root's that is started, as the operator, when something is asked"},
    {VALUE(grants, "notify", notify, bool, type_bool), .absent_words = "false",
     .doc = "whether the operator's desktop says it, too"},
};

const struct object grants_object = {"grants",
                                     grants_keys,
                                     sizeof grants_keys / sizeof *grants_keys,
                                     sizeof(struct grants),
                                     AT(grants, at, written),
                                     "who may let a single thing through for a while, and what",
                                     NULL};
