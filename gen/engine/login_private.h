/* Of login_answer.c and login_answer_form.c alone. */
#ifndef LOGIN_PRIVATE_H
#define LOGIN_PRIVATE_H

#include "engine/login_body.h"

/* It may say a token a second time, elsewhere: blotted out in body, which lies in the arena. */
void login_scrub(const struct login_answer *answer);
/* A number, or the text of one, in bounds; else 0. */
int64_t login_seconds_in(const json_t *json);
/* login_answer_again(), of a form. */
char *login_form_again(const struct egress_endpoint *endpoint, const char *compact,
                       int64_t expires_in);

#endif
