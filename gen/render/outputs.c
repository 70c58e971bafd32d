#include "render/outputs.h"
#include "base/die.h"
#include "base/embedded.h"
#include "plan/managed.h"
#include "render/render_accounts.h"
#include "render/render_darwin.h"
#include "render/render_flake.h"
#include "render/render_home.h"
#include "render/render_iptables.h"
#include "render/render_json.h"
#include "render/render_managed.h"
#include "render/render_nft.h"
#include "render/render_readme.h"
#include "render/render_session.h"
#include "render/render_signers.h"
#include "render/render_ssh.h"
#include "render/render_units.h"
#include "render/units.h"

#include <string.h>

static bool on_linux(const struct plan *plan) {
    return plan->linux_family;
}

static bool on_linux_with_native(const struct plan *plan) {
    return plan->linux_family && plan->spec->network.engine != ENGINE_MITMPROXY;
}

static bool on_linux_with_capture(const struct plan *plan) {
    return plan->linux_family && plan->spec->network.capture;
}

static bool on_darwin(const struct plan *plan) {
    return plan->darwin_family;
}

static bool hands_over_on_darwin(const struct plan *plan) {
    return on_darwin(plan) && has_launchd_secrets(plan);
}

static bool on_linux_with_secrets(const struct plan *plan) {
    return plan->linux_family && loads_secrets(plan);
}

static bool names_signers(const struct plan *plan) {
    return plan->spec->signing.allowed.n > 0;
}

static bool on_linux_with_ssh(const struct plan *plan) {
    return plan->linux_family && plan->spec->ssh.keys.n > 0;
}

static bool on_linux_with_commits(const struct plan *plan) {
    return plan->linux_family && plan->spec->ssh.sign_commits;
}

static bool on_wsl(const struct plan *plan) {
    return plan->wsl;
}

static bool manages_claude(const struct plan *plan) {
    return manages(plan->spec, MANAGED_CLAUDE_CODE);
}

static bool manages_codex(const struct plan *plan) {
    return manages(plan->spec, MANAGED_CODEX);
}

static bool manages_copilot(const struct plan *plan) {
    return manages(plan->spec, MANAGED_COPILOT);
}

static bool manages_gemini(const struct plan *plan) {
    return manages(plan->spec, MANAGED_GEMINI_CLI);
}

#define LINUX_UNIT(suffix, file, ...)                                                              \
    {                                                                                              \
        .path = "linux/systemd/{{prefix}}" suffix, .when = on_linux,                               \
        .filled = "templates/linux/" file, __VA_ARGS__                                             \
    }
#define HOME(file, source)                                                                         \
    { .path = "home/" file, .filled = "templates/home/" source, .holes = home_holes }

const struct output outputs[] = {
    /* the sandbox as a whole */
    {.path = "README.md", .filled = "templates/readme/README.md", .holes = readme_holes},
    {.path = ".gitattributes", .filled = "templates/nix/gitattributes"},
    {.path = ".gitignore", .filled = "templates/nix/gitignore"},
    {.path = "allowed_signers", .when = names_signers, .render = render_signers},
    {.path = "sandbox.json", .render = render_sandbox},
    {.path = "spec.json", .render = render_spec},

    /* Nix */
    {.path = "flake.nix", .filled = "templates/nix/flake.nix", .holes = flake_holes},
    {.path = "flake.lock", .render = render_flake_lock},
    {.path = "modules/", .shipped = "modules/nix/"},

    /* the agent's home */
    HOME(".profile", "profile"),
    HOME(".bash_profile", "bash_profile"),
    HOME(".bashrc", "bashrc"),
    HOME(".zprofile", "zprofile"),
    HOME(".zshenv", "zshenv"),
    HOME(".zshrc", "zshrc"),
    HOME(".config/agent-sandbox/env.sh", "env.sh"),
    HOME(".config/direnv/direnv.toml", "direnv.toml"),
    HOME(".config/git/config", "gitconfig"),
    HOME(".subversion/servers", "subversion"),
    {.each = render_home},

    /* what runs on the host */
    {.path = "bin/", .shipped = "modules/bin/"},
    {.path = "host/", .shipped = "modules/host/"},
    {.path = "probes/", .shipped = "modules/probes/"},
    {.path = "proxy/", .shipped = "modules/proxy/"},
    {.path = "proxy/policy.json", .render = render_policy},

    /* the agents' own settings, outside */
    {.path = "managed/claude-code/managed-settings.json",
     .when = manages_claude,
     .render = render_managed_claude},
    {.path = "managed/codex/requirements.toml",
     .when = manages_codex,
     .render = render_managed_codex},
    {.path = "managed/copilot/managed-settings.json",
     .when = manages_copilot,
     .render = render_managed_copilot},
    {.path = "managed/gemini-cli/settings.json",
     .when = manages_gemini,
     .render = render_managed_gemini},

    /* Linux */
    {.path = "linux/sysusers.d/{{prefix}}.conf",
     .when = on_linux,
     .filled = "templates/linux/sysusers.conf"},
    {.path = "linux/tmpfiles.d/{{prefix}}.conf",
     .when = on_linux,
     .filled = "templates/linux/tmpfiles.conf",
     .holes = tmpfiles_holes},
    {.path = "linux/journald/{{prefix}}.conf",
     .when = on_linux,
     .filled = "templates/linux/journald.conf"},
    {.path = "linux/sudoers.d/{{prefix}}",
     .when = on_linux,
     .filled = "templates/linux/sudoers",
     .holes = sudoers_holes},
    LINUX_UNIT("-nft.service", "nft.service", .holes = firewall_holes),
    LINUX_UNIT("-iptables.conf", "iptables.conf", .holes = firewall_holes),
    LINUX_UNIT("-netns.service", "netns.service", .holes = netns_holes),
    LINUX_UNIT("-relay.socket", "relay.socket"),
    LINUX_UNIT("-relay.service", "relay.service"),
    LINUX_UNIT("-egress.service", "egress.service", .holes = egress_holes),
    {.path = "linux/native/{{prefix}}-egress.service",
     .when = on_linux_with_native,
     .filled = "templates/linux/native.service",
     .holes = native_holes},
    {.path = "linux/systemd/{{prefix}}-capture.socket",
     .when = on_linux_with_capture,
     .filled = "templates/linux/capture.socket"},
    {.path = "linux/systemd/{{prefix}}-capture.service",
     .when = on_linux_with_capture,
     .filled = "templates/linux/capture.service"},
    {.path = "linux/systemd/{{prefix}}-secrets.path",
     .when = on_linux_with_secrets,
     .filled = "templates/linux/secrets.path",
     .holes = secrets_holes},
    {.path = "linux/systemd/{{prefix}}-secrets.service",
     .when = on_linux_with_secrets,
     .filled = "templates/linux/secrets.service",
     .holes = secrets_holes},
    {.when = on_linux, .each = render_forwards},
    {.path = "linux/systemd/{{table}}.slice",
     .when = on_linux,
     .filled = "templates/linux/sandbox.slice",
     .holes = slice_holes},
    {.path = "linux/systemd/session.properties",
     .when = on_linux,
     .filled = "templates/linux/session.properties",
     .holes = session_holes},
    {.path = "linux/gai.conf", .when = on_linux, .filled = "templates/linux/gai.conf"},
    {.path = "linux/resolv.conf",
     .when = on_linux_with_capture,
     .filled = "templates/linux/resolv.conf"},
    {.path = "linux/ssh/known_hosts", .when = on_linux_with_ssh, .render = render_known_hosts},
    {.path = "linux/ssh/keys", .when = on_linux_with_ssh, .render = render_ssh_keys},
    {.path = "linux/ssh/config",
     .when = on_linux_with_ssh,
     .filled = "templates/linux/ssh_config",
     .holes = ssh_config_holes},
    {.path = "linux/ssh/agent.properties",
     .when = on_linux_with_ssh,
     .filled = "templates/linux/ssh-agent.properties"},
    {.path = "linux/ssh/gitconfig",
     .when = on_linux_with_commits,
     .filled = "templates/linux/gitconfig"},
    {.path = "linux/systemd/session.env", .when = on_linux, .render = render_session_environment},
    {.path = "linux/nftables/{{prefix}}.nft",
     .when = on_linux,
     .filled = "templates/linux/rules.nft",
     .holes = nft_holes},
    {.path = "linux/iptables/{{prefix}}.v4",
     .when = on_linux,
     .filled = "templates/linux/rules.v4",
     .holes = iptables_v4_holes},
    {.path = "linux/iptables/{{prefix}}.v6",
     .when = on_linux,
     .filled = "templates/linux/rules.v6",
     .holes = iptables_v6_holes},
    {.path = "linux/wsl/wsl.conf", .when = on_wsl, .filled = "templates/linux/wsl.conf"},

    /* macOS */
    {.path = "darwin/Brewfile",
     .when = on_darwin,
     .filled = "templates/darwin/Brewfile",
     .holes = brewfile_holes},
    {.path = "darwin/sudoers.d/{{prefix}}",
     .when = on_darwin,
     .filled = "templates/darwin/sudoers",
     .holes = darwin_sudoers_holes},
    {.path = "darwin/launchd/org.agent-sandbox.{{name}}.egress.plist",
     .when = on_darwin,
     .render = render_egress_plist},
    {.path = "darwin/launchd/org.agent-sandbox.{{name}}.pf.plist",
     .when = on_darwin,
     .render = render_pf_plist},
    {.path = "darwin/launchd/org.agent-sandbox.{{name}}.secrets.plist",
     .when = hands_over_on_darwin,
     .render = render_secrets_plist},
    {.path = "darwin/pf/{{prefix}}.conf",
     .when = on_darwin,
     .filled = "templates/darwin/pf.conf",
     .holes = pf_holes},
    {.path = "darwin/pf/{{prefix}}-mdns.conf",
     .when = on_darwin,
     .filled = "templates/darwin/pf-mdns.conf"},
    {.path = "darwin/seatbelt/{{prefix}}.sb",
     .when = on_darwin,
     .filled = "templates/darwin/seatbelt.sb",
     .holes = seatbelt_holes},
};

const size_t outputs_count = sizeof outputs / sizeof *outputs;

static void ship(const struct output *output, struct tree *tree) {
    size_t folder = strlen(output->shipped);
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        if (strncmp(file->path, output->shipped, folder) != 0)
            continue;
        BUF_CLEANUP struct buf path = {0};
        buf_name(&path, (struct name){output->path});
        buf_name(&path, (struct name){file->path + folder});
        bool script = file->length > 2 && memcmp(file->data, "#!", 2) == 0;
        tree_add_shipped(tree, path.data, script, file);
    }
}

static void render_one(const struct output *output, const struct plan *plan, struct tree *tree) {
    BUF_CLEANUP struct buf path = {0};
    BUF_CLEANUP struct buf data = {0};
    template_fill(output->path, strlen(output->path), NULL, plan, &path);
    if (output->render) {
        output->render(plan, &data);
    } else {
        const struct embedded *file = embedded_find(output->filled);
        if (!file)
            die("%s is not built in", output->filled);
        template_fill(file->data, file->length, output->holes, plan, &data);
    }
    tree_add(tree, path.data, false, &data);
}

void render_tree(const struct plan *plan, struct tree *tree) {
    for (size_t i = 0; i < outputs_count; i++) {
        const struct output *output = &outputs[i];
        if (output->when && !output->when(plan))
            continue;
        if (output->shipped)
            ship(output, tree);
        else if (output->each)
            output->each(plan, tree);
        else
            render_one(output, plan, tree);
    }
}
