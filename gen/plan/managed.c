#include "plan/managed.h"

#define SUPPORT "/Library/Application Support/"

const struct managed_file managed_files[MANAGED_COUNT] = {
    [MANAGED_CLAUDE_CODE] = {{"claude-code"},
                             "managed/claude-code/managed-settings.json",
                             "/etc/claude-code/managed-settings.json",
                             SUPPORT "ClaudeCode/managed-settings.json"},
    [MANAGED_CODEX] = {{"codex"},
                       "managed/codex/requirements.toml",
                       "/etc/codex/requirements.toml",
                       "/etc/codex/requirements.toml"},
    [MANAGED_COPILOT] = {{"copilot"},
                         "managed/copilot/managed-settings.json",
                         "/etc/github-copilot/managed-settings.json",
                         SUPPORT "GitHubCopilot/managed-settings.json"},
    [MANAGED_GEMINI_CLI] = {{"gemini-cli"},
                            "managed/gemini-cli/settings.json",
                            "/etc/gemini-cli/settings.json",
                            SUPPORT "GeminiCli/settings.json"},
};

bool manages(const struct spec *spec, enum managed agent) {
    for (size_t i = 0; i < spec->managed.n; i++)
        if (spec->managed.v[i] == agent)
            return true;
    return false;
}
