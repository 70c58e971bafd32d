/* What may be asked: one row each. */
#include "engine/control.h"
#include "engine/control_login.h"
#include "engine/questions.h"

/* What is granted is looked at each second in any case; whoever has written it wants it done now.
 */
static json_t *look(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    (void)peer;
    (void)asked;
    proxy->refresh(proxy);
    proxy->look(proxy);
    return control_ok();
}

/* All that there are come first. */
static json_t *questions(struct proxy *proxy, uint64_t peer, const json_t *asked) {
    (void)proxy;
    (void)asked;
    questions_subscribe(peer);
    return control_ok();
}

const struct control_verb control_verbs[] = {
    {"login-client", control_login_client},
    {"login-put", control_login_put},
    {"login-refresh", control_login_refresh},
    {"logins", control_logins},
    {"logout", control_logout},
    {"look", look},
    {"questions", questions},
    {NULL, NULL},
};
