/*
 * What ssh's messages are made of (RFC 4251, section 5). What is read points into the message;
 * nothing is read past its end: then it is bad, and whatever is read after that is empty.
 */
#ifndef SSH_WIRE_H
#define SSH_WIRE_H

#include "base/buf.h"
#include "engine/bytes.h"

#include <stdint.h>

struct wire {
    struct bytes left;
    bool bad;
};

struct wire wire_of(struct bytes message);
uint8_t wire_byte(struct wire *wire);
uint32_t wire_number(struct wire *wire);
struct bytes wire_string(struct wire *wire);
/* A number that is not negative, and whose bytes are as few as they can be; without the zero in
 * front. */
struct bytes wire_big_number(struct wire *wire);
/* So many bytes, without a length in front. */
struct bytes wire_bytes(struct wire *wire, size_t n);
/* All of it was read, and none of it was bad. */
bool wire_is_whole(const struct wire *wire);

void wire_put_byte(struct buf *b, uint8_t byte);
void wire_put_number(struct buf *b, uint32_t number);
void wire_put_string(struct buf *b, struct bytes string);

#endif
