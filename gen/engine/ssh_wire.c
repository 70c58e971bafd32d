#include "engine/ssh_wire.h"
#include "base/buf_raw.h"

struct wire wire_of(struct bytes message) {
    return (struct wire){message, false};
}

struct bytes wire_bytes(struct wire *wire, size_t n) {
    if (wire->bad || n > wire->left.n) {
        *wire = (struct wire){.bad = true};
        return (struct bytes){0};
    }
    struct bytes taken = {wire->left.s, n};
    wire->left.s += n;
    wire->left.n -= n;
    return taken;
}

uint8_t wire_byte(struct wire *wire) {
    struct bytes one = wire_bytes(wire, 1);
    return one.n ? (uint8_t)one.s[0] : 0;
}

uint32_t wire_number(struct wire *wire) {
    uint32_t number = 0;
    struct bytes four = wire_bytes(wire, 4);
    for (size_t i = 0; i < four.n; i++)
        number = number << 8 | (uint8_t)four.s[i];
    return number;
}

struct bytes wire_string(struct wire *wire) {
    return wire_bytes(wire, wire_number(wire));
}

struct bytes wire_big_number(struct wire *wire) {
    struct bytes number = wire_string(wire);
    if (number.n == 0)
        return number;
    bool zero = number.s[0] == 0, high = number.s[0] & 0x80,
         next_high = number.n > 1 && number.s[1] & 0x80;
    if (high || (zero && !next_high)) {
        *wire = (struct wire){.bad = true};
        return (struct bytes){0};
    }
    return zero ? (struct bytes){number.s + 1, number.n - 1} : number;
}

bool wire_is_whole(const struct wire *wire) {
    return !wire->bad && wire->left.n == 0;
}

void wire_put_byte(struct buf *b, uint8_t byte) {
    buf_char(b, (char)byte);
}

void wire_put_number(struct buf *b, uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        wire_put_byte(b, (uint8_t)(number >> shift));
}

void wire_put_string(struct buf *b, struct bytes string) {
    wire_put_number(b, (uint32_t)string.n);
    buf_add(b, string.s, string.n);
}
