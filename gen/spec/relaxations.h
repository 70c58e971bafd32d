/* What a spec can give up, each a row here and nowhere else: beside unix-socket:/PATH, which has a
 * value of its own. A caller says what it makes of a row: ROW(id, word, may, meaning). id RELAX_id
 * of enum relax_what word     in the spec, in sandbox.json and in the probes' column UNLESS may
 * behind "the agent may", in a diff of policies meaning  in the rendered README */
#ifndef RELAXATIONS_H
#define RELAXATIONS_H

#define RELAXATIONS(ROW)                                                                           \
    ROW(CONTAINERS, "containers", "run containers of its own (user namespaces, FUSE)",             \
        "containers without root: user namespaces, `/dev/fuse`, and `seccomp(2)`, with which it "  \
        "can only narrow itself; more of the kernel can be attacked")                              \
    ROW(EPHEMERAL_PORTS, "ephemeral-ports",                                                        \
        "listen on and connect to the loopback's ports from 49152 on (macOS)",                     \
        "on macOS the agent's own servers may take whichever port is free (49152 to 65535), and "  \
        "the agent may connect to all of these ports on the loopback, whoever listens there; on "  \
        "Linux a session has a loopback of its own, and nothing changes")                          \
    ROW(GIT_CONFIG, "git-config",                                                                  \
        "change the hooks and configuration of the workspaces' git repositories",                  \
        "the agent may change the hooks and the configuration of the repositories in the "         \
        "workspaces, which are commands that git runs")                                            \
    ROW(NESTED_SANDBOX, "nested-sandbox", "make user namespaces (nested sandboxes)",               \
        "user namespaces, for programs that bring a sandbox of their own; more of the kernel can " \
        "be attacked")                                                                             \
    ROW(NIX_DAEMON, "nix-daemon",                                                                  \
        "use the Nix daemon, whose builders have a network of their own",                          \
        "the daemon builds for the agent, and its builders have a network that no rule here sees") \
    ROW(PTRACE, "ptrace", "trace its own processes", "the agent's processes may debug each other") \
    ROW(SYSTEM_TRUST, "system-trust",                                                              \
        "ask the system's services for trust and for keychains (macOS)",                           \
        "on macOS programs may have certificates verified by the system; trustd fetches what a "   \
        "certificate names (an issuer, a list, an OCSP answer), so whatever stands in such an "    \
        "address leaves, past the proxy; on Linux nothing changes")

#endif
