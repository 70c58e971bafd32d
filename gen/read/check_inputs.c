/* Checks of the flake's inputs. */
#include "read/check.h"
#include "spec/flake_url.h"

#include <string.h>

/* Nix compares the lock with the URL, and where they differ asks the network. Owner, repository
 * and branch of the lock are made from the URL; only a commit can be said twice. */
void check_pins(struct reading *reading, const struct spec *spec) {
    for (size_t i = 0; i < spec->inputs.n; i++) {
        const struct input *input = &spec->inputs.v[i];
        struct flake_url url;
        if (input->url.s && input->rev.s && flake_url_parse(input->url.s, &url) && url.ref_is_rev &&
            strcmp(url.ref, input->rev.s) != 0)
            complain(reading, at_value(input->at, "rev"),
                     "\"url\" names another commit, and Nix would lock that one");
    }
}
