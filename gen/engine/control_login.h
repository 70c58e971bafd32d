/*
 * What root asks of the logins that the engine keeps: rows of control_verbs.c.
 *
 * {"ask": "logins"} gives {"ok": true, "logins": [{"name", "state", "who", "plan", "account",
 * "until", "why", "placeholders": {"access", "refresh", "id"}}]}, without a token: state is "none",
 * "healthy" or "ended"; what is not known is not there; until is in seconds since the epoch.
 * {"ask": "login-put", "name": NAME, "access": TOKEN}, with "refresh", "id", "until", "who",
 * "plan", "account", "client_id", "client_secret" where they are known; without "client_id" both of
 * the last are those of before.
 * {"ask": "login-client", "name": NAME} gives the "client_id" and "client_secret" that it is
 * renewed with, where they were said: by the agent's program, or by root.
 * {"ask": "login-refresh", "name": NAME} answers once there is a new token, or none.
 * {"ask": "logout", "name": NAME} forgets it, and gives its tokens "access" and "refresh", to be
 * revoked.
 */
#ifndef CONTROL_LOGIN_H
#define CONTROL_LOGIN_H

#include "engine/control.h"

json_t *control_logins(struct proxy *proxy, uint64_t peer, const json_t *asked);
json_t *control_login_client(struct proxy *proxy, uint64_t peer, const json_t *asked);
json_t *control_login_put(struct proxy *proxy, uint64_t peer, const json_t *asked);
json_t *control_login_refresh(struct proxy *proxy, uint64_t peer, const json_t *asked);
json_t *control_logout(struct proxy *proxy, uint64_t peer, const json_t *asked);

#endif
