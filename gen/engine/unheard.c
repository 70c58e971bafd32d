#include "engine/unheard.h"

void unheard_interim(struct exchange *exchange, int status, const struct fields *fields) {
    (void)exchange;
    (void)status;
    (void)fields;
}

void unheard_head(struct exchange *exchange, const struct answer *answer) {
    (void)exchange;
    (void)answer;
}

void unheard_body(struct exchange *exchange, const void *data, size_t length) {
    (void)exchange;
    (void)data;
    (void)length;
}

void unheard_more(struct exchange *exchange) {
    (void)exchange;
}

bool unheard_full(const struct exchange *exchange) {
    (void)exchange;
    return false;
}
