/* The settings of Anthropic's sandbox-runtime (srt): src/sandbox/sandbox-config.ts there. */
#include "import/import_sandbox.h"

static const struct import_key keys[] = {
    {"network", import_sandbox_network, NULL},
    {"filesystem", import_sandbox_files, NULL},
    {"credentials", import_sandbox_credentials, NULL},
    {"enableWeakerNestedSandbox", NULL, "no weaker sandbox is made for a container"},
    {"enableWeakerNetworkIsolation", NULL, "nothing is opened for it on macOS"},
    {"allowAppleEvents", NULL, "no Apple events are sent from a session"},
    {"ignoreViolations", NULL, "a refusal is said in any case"},
    {"ripgrep", NULL, "it is about srt itself"},
    {"mandatoryDenySearchDepth", NULL, "it is about srt itself"},
    {"seccomp", NULL, "it is about srt itself"},
    {"bwrapPath", NULL, "it is about srt itself"},
    {"socatPath", NULL, "it is about srt itself"},
    {"allowPty", NULL, NULL},
};

static void read_all(struct importing *importing) {
    IMPORT_WALK(importing, importing->document->root, keys);
}

const struct import_format import_srt = {"srt", "the settings of Anthropic's sandbox-runtime",
                                         false, NULL, read_all};
