/* Of capture.c and captured.c alone. */
#ifndef CAPTURE_PRIVATE_H
#define CAPTURE_PRIVATE_H

#include "engine/conn.h"
#include "engine/names.h"

struct capture {
    uv_loop_t *loop;
    struct conn_list conns;
    struct names *names;
    struct sockaddr_in proxy;
    struct asking *asking;
};

/* From here on it is a captured one: takes client, which has read nothing yet, to the proxy. */
void captured_start(struct capture *capture, struct conn *client, const char *name, int port);

/* Once a second: what one side has ended its half of, and the other says nothing. */
void captured_tick(void);

#endif
