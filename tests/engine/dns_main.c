/* Asks the resolver inside, for tests/engine/dns.py: a line "NOW HEX" is a message at that second,
 * and is answered "HEX NAME": what it answers ("-": nothing), and the name that has an address
 * since ("-": none). A line "NOW at ADDRESS" is answered by the name that stands there, or "-". */
#include "engine/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <netinet/in.h>

#include <arpa/inet.h>

static size_t read_hex(const char *text, unsigned char **bytes) {
    size_t n = strspn(text, "0123456789abcdef") / 2;
    *bytes = malloc(n + !n); /* exactly as long, so that a sanitizer sees a byte too far */
    for (size_t i = 0; i < n; i++) {
        const char two[3] = {text[2 * i], text[2 * i + 1], 0};
        (*bytes)[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return n;
}

static void answer(struct names *names, uint32_t now, const char *text) {
    unsigned char *query, out[DNS_LONGEST];
    const char *asked;
    size_t length = read_hex(text, &query), n = dns_answer(names, now, query, length, out, &asked);
    free(query);
    if (!n)
        printf("-");
    for (size_t i = 0; i < n; i++)
        printf("%02x", out[i]);
    printf(" %s\n", asked ? asked : "-");
}

int main(void) {
    static char line[1 << 18];
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct names *names = names_new();
    while (fgets(line, sizeof line, stdin)) {
        char *rest, place[64];
        uint32_t now = (uint32_t)strtoul(line, &rest, 10);
        struct in_addr address;
        rest += strspn(rest, " ");
        if (sscanf(rest, "at %63s", place) == 1 && inet_pton(AF_INET, place, &address) == 1) {
            const char *name = names_at(names, ntohl(address.s_addr), now);
            printf("%s\n", name ? name : "-");
        } else {
            answer(names, now, rest);
        }
    }
    names_free(names);
    return 0;
}
