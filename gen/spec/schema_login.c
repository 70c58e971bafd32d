/* The rows of a login. */
#include "spec/schema_private.h"

static const struct key fields_keys[] = {
    {TEXT(login_fields, "access", access, type_json_pointer), .max = 200,
     .absent_words = "/access_token", .doc = "the access token, which goes to the login's hosts"},
    {TEXT(login_fields, "refresh", refresh, type_json_pointer), .max = 200,
     .absent_words = "/refresh_token", .doc = "what new ones are got with"},
    {TEXT(login_fields, "expires_in", expires_in, type_json_pointer), .max = 200,
     .absent_words = "/expires_in",
     .doc =
         "in how many seconds the access token ends; where it is not said, a JWT says it itself"},
    {TEXT(login_fields, "id", id, type_json_pointer), .max = 200, .absent_words = "/id_token",
     .doc = "the id token"},
};
OBJECT_TABLE(fields, login_fields, "the fields of an answer",
             "where the tokens stand in the answer, as JSON pointers");

static const struct key token_keys[] = {
    {VALUE(login_token, "url", url, struct https_url, type_https_url), .max = 300, .required = true,
     .doc = "the token endpoint (OAuth 2.0): https, without a query"},
    {WORD(login_token, "body", body, login_body), .absent = "\"form\"",
     .doc = "how the proxy asks it for a new token: form, as OAuth has it, or json; none: it is "
            "asked by the agent, with GET and the access token, for one that ends soon, in place "
            "of which the agent gets what stands for the access token"},
    {OBJECT(login_token, "fields", fields, login_fields, fields_object),
     .doc = "where the tokens stand in the answer, as JSON pointers"},
};

static void fill(struct text *pointer, const char *usual) {
    if (!pointer->s)
        pointer->s = usual;
}

static void finish_token(void *value) {
    struct login_fields *fields = &((struct login_token *)value)->fields;
    fill(&fields->access, "/access_token");
    fill(&fields->refresh, "/refresh_token");
    fill(&fields->expires_in, "/expires_in");
    fill(&fields->id, "/id_token");
}
static const struct object token_object = {"a token endpoint",
                                           token_keys,
                                           sizeof token_keys / sizeof *token_keys,
                                           sizeof(struct login_token),
                                           AT(login_token, at, written),
                                           "where tokens are given out",
                                           finish_token};

static const struct key prefix_keys[] = {
    {NAME(login_prefix, "access", access, type_word), .max = 40,
     .doc = "how what the agent holds for the access token begins, where its program looks at it"},
    {NAME(login_prefix, "refresh", refresh, type_word), .max = 40,
     .doc = "the same of the refresh token"},
};
OBJECT_TABLE(prefix, login_prefix, "prefixes", "how what stands for a token begins");

static const struct key login_keys[] = {
    {NAME(login, "name", name, type_login_name), .max = 40, .required = true,
     .doc = "what it is called in reviews, logs and by agent-sandbox login"},
    {OBJECTS(login, "token", token, login_token, token_object), .required = true,
     .doc = "its token endpoints; the one that gave a token is asked for the next"},
    {LIST_OF(login, "hosts", hosts, struct host_pattern, type_host_pattern), .max = 255,
     .absent_words = "mcp's",
     .doc = "the only hosts that ever receive the access token, over https"},
    {LIST_OF(login, "paths", paths, struct text, type_url_path), .max = 500,
     .absent_words = "every path that a rule allows",
     .doc = "the only paths whose requests get it, written as a rule's"},
    {OBJECT(login, "inject", inject, inject, inject_object), .absent_words = "with mcp: bearer",
     .doc = "how it gets into a request: bearer, header or authorization"},
    {VALUE(login, "mcp", mcp, struct https_url, type_https_url), .max = 300,
     .doc = "the URL of one of network.mcp, which the login is for: each request there gets the "
            "access token, whatever it carries, and agent-sandbox login asks that server how to "
            "log in"},
    {OBJECT(login, "prefix", prefix, login_prefix, prefix_object),
     .doc = "how what stands for a token begins, where programs look at it"},
    {TEXT(login, "client_id", client_id, type_text), .max = 300,
     .absent_words = "what the agent's own login said",
     .doc = "who the client is to the service, for the proxy's own requests"},
    {LIST_OF(login, "scopes", scopes, struct text, type_text), .max = 200,
     .doc = "what agent-sandbox login asks for"},
    {VALUE(login, "authorize", authorize, struct https_url, type_https_url), .max = 300,
     .doc = "the page that agent-sandbox login begins at: an authorization code with PKCE"},
    {.name = "parameters",
     .form = MAP,
     .type = &type_text,
     .map_key = &type_word,
     .offset = AT(login, parameters.v, struct variable *),
     .item_size = sizeof(struct variable),
     .value_offset = AT(variable, value, struct text),
     .at_offset = AT(login, parameters_at, written),
     .max = 500,
     .doc = "what that page is told besides OAuth's own parameters"},
    {TEXT(login, "redirect", redirect, type_redirect), .max = 300,
     .absent_words = "http://localhost, on any port",
     .doc = "where it leads to: http://localhost:PORT/PATH, or the https page that shows a code"},
    {VALUE(login, "device", device, struct https_url, type_https_url), .max = 300,
     .doc = "where a device code is had (RFC 8628)"},
    {VALUE(login, "revoke", revoke, struct https_url, type_https_url), .max = 300,
     .doc = "where a token is revoked (RFC 7009), by agent-sandbox logout"},
};
const struct object login_object = {"a login",
                                    login_keys,
                                    sizeof login_keys / sizeof *login_keys,
                                    sizeof(struct login),
                                    AT(login, at, written),
                                    "an account that the agent is logged in to",
                                    NULL};
