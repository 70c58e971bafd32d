/* Whose login it is, by what its service says beside the tokens: nothing is decided by it. */
#include "engine/logins.h"

#include <string.h>

enum { LONGEST = 200 };

static const char *text_at(struct arena *arena, const json_t *json, const char *outer,
                           const char *key) {
    const char *text =
        json_string_value(json_object_get(outer ? json_object_get(json, outer) : json, key));
    return text && *text && strlen(text) <= LONGEST ? arena_copy(arena, text) : NULL;
}

static void fill(const char **place, const char *text) {
    if (!*place)
        *place = text;
}

/* OpenID Connect Core 1.0, section 5.1; and OpenAI's own claim. */
static void read_claims(struct login_owner *owner, const json_t *claims, struct arena *arena) {
    static const char openai[] = "https://api.openai.com/auth";
    fill(&owner->who, text_at(arena, claims, NULL, "email"));
    fill(&owner->who, text_at(arena, claims, "https://api.openai.com/profile", "email"));
    fill(&owner->plan, text_at(arena, claims, openai, "chatgpt_plan_type"));
    fill(&owner->account, text_at(arena, claims, openai, "chatgpt_account_id"));
}

/* Of the answer of Anthropic's token endpoint. */
static void read_answer(struct login_owner *owner, const json_t *answer, struct arena *arena) {
    fill(&owner->who, text_at(arena, answer, "account", "email_address"));
    fill(&owner->account, text_at(arena, answer, "account", "uuid"));
}

struct login_owner login_owner(const struct login_kept *kept, struct arena *arena) {
    struct login_owner owner = {kept->who.s, kept->plan.s, kept->account.s};
    json_t *answer = kept->answer.s ? json_loads(kept->answer.s, 0, NULL) : NULL;
    read_answer(&owner, answer, arena);
    json_decref(answer);
    for (int i = LOGIN_ID; i >= LOGIN_ACCESS; i -= LOGIN_ID - LOGIN_ACCESS) {
        const struct secret *token = &kept->token[i];
        json_t *claims =
            token->s ? login_jwt_claims(arena, (struct bytes){token->s, token->n}) : NULL;
        read_claims(&owner, claims, arena);
        json_decref(claims);
    }
    return owner;
}
