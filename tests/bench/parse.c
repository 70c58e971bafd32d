/* The floor of what reads a spec: jansson reads the file, and nothing is done with it. */
#include <jansson.h>

int main(int argc, char **argv) {
    json_t *json = argc == 2 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, NULL) : NULL;
    int code = json ? 0 : 1;
    json_decref(json);
    return code;
}
