#include "base/die.h"
#include "base/words.h"
#include "cmd/command.h"
#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#error "VERSION comes from the Makefile"
#endif

static const struct option_row option_rows[] = {
    {OPTION_AGENT, 0, "agent", "NAME", "an agent whose preset the spec uses; may be repeated"},
    {OPTION_LOGIN, 0, "login", "NAME",
     "of init: a login in place of its agents' key; may be repeated"},
    {OPTION_TEAM, 0, "team", NULL, "a team's repository: a base, a spec, and what its CI runs"},
    {OPTION_OUTPUT, 'o', "output", "PATH", "the repository's folder; for init, the spec's file"},
    {OPTION_FLEET, 0, "fleet", "REPO", "the bare repository that holds many sandboxes"},
    {OPTION_JSON, 0, "json", NULL, "print JSON, for programs"},
    {OPTION_PATCH, 'p', "patch", NULL, "print the changed lines too"},
    {OPTION_NAME, 0, "name", "NAME", "one sandbox of a fleet; for import, the new one"},
    {OPTION_SIGN, 0, "sign", "KEY", "the file of the ssh key that signs the commit"},
    {OPTION_KEY, 0, "key", "KEY", "the file of the ssh key that signs the approval"},
    {OPTION_SIGNATURE, 0, "signature", NULL, "say who signed it, and who has to"},
    {OPTION_FROM, 0, "from", "DIR", "a local clone of the input's repository"},
    {OPTION_REV, 0, "rev", "REV", "the commit to pin, as git reads it"},
    {OPTION_ORIGINS, 0, "origins", NULL, "say where each value comes from"},
    {OPTION_METHOD, 0, "method", "NAME", "the method of the request; without it, GET"},
    {OPTION_FOR, 0, "for", "TIME", "how long: 90s, 30m, 2h, 7d"},
    {OPTION_ONCE, 0, "once", NULL, "for one request"},
    {OPTION_SESSION, 0, "session", NULL, "while the sessions that run now last"},
    {OPTION_REASON, 0, "reason", "TEXT", "what it is for"},
    {OPTION_PLAIN, 0, "plain", NULL, "a line for each, and no screen"},
    {OPTION_LIVE, 0, "live", NULL, "ask the policy that is applied on this host, not the spec"},
    {OPTION_LOSSY, 0, "lossy", NULL, "write it although it lets pass what the spec forbids"},
    {OPTION_MATRIX, 0, "matrix", NULL, "print what it holds and what not, and write nothing"},
    {OPTION_LOG, 0, "log", "FILE", "a log of the proxy's decisions; \"-\" is standard input"},
    {OPTION_SINCE, 0, "since", "TIME", "from then on: 2026-01-31T12:00 (UTC), or 7d, 12h, 30m ago"},
    {OPTION_UNTIL, 0, "until", "TIME",
     "and before that; for grant and allow, the last day, as 2027-01-31"},
    {OPTION_PINNED, 0, "pinned", NULL, "fetch what is pinned, and change no pin"},
    {OPTION_POLICY, 0, "policy", NULL, "print what each generation changed for the agent"},
    {OPTION_EXIT_CODE, 0, "exit-code-on", "WHAT",
     "what makes diff exit with 3: any change, or widening"},
    {OPTION_DRY_RUN, 0, "dry-run", NULL,
     "check everything, print what would change, change nothing"},
    {OPTION_TRY, 0, "try", "SECONDS", "undo the change after that, unless it is confirmed"},
    {OPTION_DENIED, 0, "denied", NULL, "only what was refused, without what verify asked for"},
    {OPTION_ALL, 0, "all", NULL, "what verify asked for, too"},
    {OPTION_FOLLOW, 0, "follow", NULL, "go on printing"},
    {OPTION_OCSF, 0, "ocsf", NULL, "events of the Open Cybersecurity Schema Framework, 1.8.0"},
    {OPTION_OTLP, 0, "otlp", "FILE",
     "a new file of OpenTelemetry's logs; \"-\" is standard output"},
    {OPTION_CHECK, 0, "check", NULL, "whether no line is missing and none was changed"},
    {OPTION_FOLD, 0, "fold", NULL, "fold rules that look alike, and say what that adds"},
    {OPTION_LIST, 0, "list", NULL, "name the attacks, and make none"},
    {OPTION_LOGIN_FILE, 0, "from", "FILE", "of login: what another program keeps of it"},
    {OPTION_LOGIN_FILE, 0, "client", "FILE", "of login: the client's id and its secret"},
    {OPTION_OPEN_BROWSER, 0, "open-browser", NULL, "open a login's page in your browser"},
    {OPTION_BESIDE, 0, "worktree", "NAME", "begin in a worktree beside the project, on agent/NAME"},
    {OPTION_BESIDE, 0, "clone", NULL, "begin in a clone beside it (--clone=NAME names it)"},
    {OPTION_LAND, 0, "diff", NULL, "of land: the difference alone"},
    {OPTION_LAND, 0, "fast-forward", NULL, "move your branch on to the agent's"},
    {OPTION_LAND, 0, "cherry-pick", NULL, "put the agent's commits on top of yours"},
    {OPTION_LAND, 0, "patch", NULL, "change your files as the agent did, and commit nothing"},
    {OPTION_LAND, 0, "remove", NULL, "take a worktree or clone away that was brought over"},
    {OPTION_LAND, 0, "discard", NULL, "with --remove, also what was not brought over"},
    {OPTION_LAND, 0, "commit", "ID", "only if this is the agent's last commit"},
    {OPTION_ACP, 0, "acp", NULL, "for an editor: what is asked of it for outside is refused"},
    {OPTION_DETACH, 0, "detach", NULL, "start it where nobody looks yet"},
    {OPTION_EPHEMERAL, 0, "ephemeral", NULL, "it ends with its terminal"},
    {OPTION_IMAGE, 0, "image", NULL, "the image that was copied, not the text"},
    {OPTION_PROJECT, 0, "project", "DIR", "begin in this project, not in the one around you"},
    {OPTION_REMOVE, 0, "remove", "DIR", "the agent's home of this project, never the project"},
    {OPTION_STALE, 0, "stale", NULL, "the homes of projects that are gone"},
    {OPTION_REPORT, 0, "report", "DIR", "of verify: what this host says, as a folder for others"},
    {OPTION_INTO, 0, "into", "CHECKOUT", "write what a report shows into its tests/seen.md"},
    {OPTION_YES, 0, "yes", NULL, "do not ask"},
    {OPTION_SANDBOX, 's', "sandbox", "NAME", "the one of the applied sandboxes that has this name"},
    {OPTION_VERBOSE, 'v', "verbose", NULL, "every row, also of what holds; of render, the files"},
    {OPTION_HELP, 'h', "help", NULL, "print help"},
};

enum { MANY = 100000 };

#define FORWARD(name, arguments, options, doc, more)                                               \
    { name, arguments, doc, more, OPTION_OUTPUT | (options), 0, MANY, true, run_forward }

static const struct command commands[] = {
    {"init", "[FOLDER]", "write a starter spec for a project's folder",
     "Writes agent-sandbox.json, or the file that -o names "
     "(\"-\": standard output), and beside it the JSON Schema that editors complete with. An "
     "existing file is never overwritten. FOLDER becomes the workspace, and names the sandbox; "
     "the spec stands outside of it, where the agent cannot change it. Without FOLDER, a terminal "
     "is asked; no answer is a folder in /srv/agent-sandbox, which apply makes. With --team, "
     "FOLDER "
     "is a team's repository instead: a base, a first spec that is built on it (--name names it), "
     "and what its CI runs: check and lint, the policy diff as a comment, and render, signed, to "
     "where the hosts pull from.",
     OPTION_AGENT | OPTION_LOGIN | OPTION_OUTPUT | OPTION_TEAM | OPTION_NAME, 0, 1, false,
     run_init},
    {"up", "[SPEC]", "check, render, ask, and apply",
     "From agent-sandbox.json here, or SPEC, to a sandbox that runs: renders into sandbox, or the "
     "folder that -o names, prints what it opens, asks, and applies it, with sudo unless you are "
     "root. A secret that is not there is asked for.",
     OPTION_OUTPUT | OPTION_SIGN | OPTION_YES | OPTION_VERBOSE, 0, 1, false, run_up},
    {"check", "SPEC...", "find every mistake in specs",
     "Prints each mistake with its file, line "
     "and column. \"-\" is standard input. Nothing is written.",
     OPTION_JSON, 1, MANY, false, run_check},
    {"resolve", "SPEC", "print a spec with all that it extends merged into it",
     "One spec that extends nothing and renders the same: its files, shipped bases and the presets "
     "of its agents are merged, keys stand in the schema's order, and defaults are left out. With "
     "--origins, where each value comes from instead: its JSON pointer, the file, line and column, "
     "which layer that is (spec, base, git, shipped or preset), and which base locks it.",
     OPTION_ORIGINS | OPTION_JSON, 1, 1, false, run_resolve},
    {"explain", "SPEC WHAT...", "say whether a spec allows something, and why",
     "WHAT is a URL, HOST:PORT for a connection of which nothing is read, an absolute path (what a "
     "session on Linux sees there), port N of the host's loopback, credential NAME, or unix PATH "
     "for a socket. The answer is the proxy's own decision of what render would write: by which "
     "rule, where that is set, whose it is and until when, with which credential, and the smallest "
     "change that would turn it round, tried before it is told. Exits with 0 when it is allowed, "
     "with 4 when it is denied. With --live, of URLs and HOST:PORT, it is the policy of the "
     "generation that is applied here, which the running proxy decides by.",
     OPTION_METHOD | OPTION_LIVE | OPTION_JSON, 2, 3, false, run_explain},
    {"lint", "SPEC", "find what is right in a spec, and not as it should be",
     "Rules that can never match (never-matches), that another rule makes needless (shadowed), "
     "that "
     "end within 14 days (expires-soon), or deny what no rule lets through (denies-nothing); hosts "
     "where anyone may put something (user-content) or by which data can leave (way-out), from a "
     "list with a source for each; MCP servers of which any tool may be called (any-tool); "
     "relaxations that only macOS knows, where every host is Linux (relaxes-nothing); "
     "credentials that no request can get (unused-credential), and logins that none can use "
     "(unused-login). With "
     "--log, the lines of agent-sandbox logs --json or journalctl -o cat, also rules that nothing "
     "asked for (never-used), rules that let through more than was asked for, with a narrower one "
     "(wider-than-use), and credentials and logins that went into nothing. What is meant so is "
     "accepted in "
     "the spec, for a reason (accept); an acceptance of nothing is found, too (accepts-nothing). "
     "Exits with 0 when nothing is left, with 3 when something is. --verbose also prints what is "
     "accepted.",
     OPTION_LOG | OPTION_JSON | OPTION_VERBOSE, 1, 1, false, run_lint},
    {"report", "", "write a page about what a sandbox asked for",
     "One HTML page, which loads nothing and runs nothing: hosts, methods, bytes, which credential "
     "went into what, refusals with the rule that would let them pass, grants, sessions, and when. "
     "Of the log of the sandbox that is applied here, or of --log: the lines of agent-sandbox logs "
     "--json or journalctl -o cat. To standard output, or to the file that -o names, which must "
     "not be there yet.",
     OPTION_LOG | OPTION_SINCE | OPTION_UNTIL | OPTION_OUTPUT | OPTION_SANDBOX, 0, 0, false,
     run_report},
    {"render", "SPEC...", "render specs and commit the result",
     "One spec becomes a repository "
     "with a checkout. Several, or any number with --fleet, become one bare repository, each below "
     "sandboxes/HH/NAME; there a mistaken spec stops nothing but itself. A tree that has not "
     "changed makes no commit. A checkout with changes of somebody's, or a folder that is not "
     "ours, is left as it is. With --sign, or signing.key in the spec, the commit is "
     "signed as git does with gpg.format=ssh.",
     OPTION_OUTPUT | OPTION_FLEET | OPTION_JSON | OPTION_SIGN | OPTION_VERBOSE, 1, MANY, false,
     run_render},
    {"diff", "SPEC [NEW]", "show what render would change, policy first",
     "What the agent may do now that it could not before stands first, each widening under its own "
     "heading; then what it no longer may; then the files. With NEW, another spec, no repository "
     "is needed, and no file is rendered: what NEW changes in SPEC, which may be /dev/null for "
     "nothing. Exits with 3 when there is a change; with --exit-code-on widening only when one "
     "widens what the agent may do, or when nobody can tell.",
     OPTION_OUTPUT | OPTION_JSON | OPTION_PATCH | OPTION_EXIT_CODE, 1, 2, false, run_diff},
    {"allow", "SPEC URL", "write one more rule into a spec",
     "The rule allows METHOD (--method) at URL, where paths have * and ** as in a rule; whoever "
     "runs it is its owner. Shown is what that opens; every other byte of the spec stays. "
     "Nothing is rendered or applied.",
     OPTION_METHOD | OPTION_REASON | OPTION_UNTIL | OPTION_SANDBOX, 2, 2, false, run_allow},
    {"pin", "INPUT SPEC", "pin a flake input to a commit of a local clone",
     "Writes the commit's id, the hash that Nix computes of its files and its time into the spec, "
     "and leaves every other byte of it as it is. The commit is that of --rev; without it, that of "
     "the branch or tag in the input's URL (as fetched from origin, else the clone's own), or HEAD "
     "when the URL names none. An input that the spec does not have is added with the URL that "
     "this version ships.",
     OPTION_FROM | OPTION_REV | OPTION_JSON, 2, 2, false, run_pin},
    {"update", "[SPEC [URL...]]",
     "fetch the bases of git repositories, and pin their newest commits",
     "Of SPEC (agent-sandbox.json) every base in a git repository, or those of the URLs, is pinned "
     "to the commit that its branch or tag has now: shown first is what that changes for the "
     "agent, then the pins are written into SPEC, and every other byte stays. Fetched by your own "
     "git, with its credentials, into the cache, which is all that other commands read. With "
     "--pinned, no pin changes: what is pinned is fetched where the cache lacks it. With "
     "--dry-run, SPEC is left as it is.",
     OPTION_DRY_RUN | OPTION_PINNED | OPTION_JSON, 0, MANY, false, run_update},
    {"log", "", "list the generations, newest first",
     "With --policy, under each one what it changed for the agent, from the specs in it.",
     OPTION_OUTPUT | OPTION_JSON | OPTION_POLICY | OPTION_SIGNATURE, 0, 0, false, run_log},
    {"show", "[REV]", "show one generation",
     "REV is a generation's number or anything that git "
     "reads as a commit; without it, the newest. --signature, here and in log, tells whether it is "
     "signed by one whom the generation before it allows (its own, where that names nobody).",
     OPTION_OUTPUT | OPTION_JSON | OPTION_SIGNATURE, 0, 1, false, run_show},
    {"rollback", "[REV]", "commit an older generation's tree again",
     "Without REV, the generation "
     "before the newest. The history is kept: it is a new commit, whose message says what is "
     "undone. In a fleet it takes --name, and leaves the other sandboxes as they are.",
     OPTION_OUTPUT | OPTION_JSON | OPTION_NAME | OPTION_SIGN, 0, 1, false, run_rollback},
    {"export", "TARGET SPEC", "write another sandbox's own file from a spec",
     "TARGET is srt (Anthropic's sandbox-runtime), devcontainer (a folder), openshell (NVIDIA's "
     "policy), nono (a profile) or k8s (policies and a Sandbox). What it does not hold of the spec "
     "is "
     "always printed: narrower, where something that the spec gives is not there; wider, where "
     "something "
     "passes that the spec forbids, which is written only with --lossy, else nothing is and the "
     "exit code is 3. To standard output, or to the file or folder that -o names; no file that is "
     "there is overwritten. With --matrix, or --json, what it holds and what not, and no file.",
     OPTION_OUTPUT | OPTION_LOSSY | OPTION_MATRIX | OPTION_JSON, 2, 2, false, run_export},
    {"import", "FORMAT FILE", "write a spec from another sandbox's own file",
     "FORMAT is srt (the settings of Anthropic's sandbox-runtime), claude-code (a settings file of "
     "Claude Code) or devcontainer (a devcontainer.json, and the init-firewall.sh beside it). Each "
     "value that a spec cannot say, or that check would refuse, is printed with its file, line and "
     "column; what is written passes check. To standard output, or to the file that -o names, "
     "which "
     "must not be there yet. --name names the sandbox; --json prints what was not taken as JSON.",
     OPTION_OUTPUT | OPTION_NAME | OPTION_JSON, 2, 2, false, run_import},
    {"approve", "[REV]", "sign that a generation may be applied",
     "Prints what each generation changes for the agent since the last one that this key has "
     "signed or approved, asks, and adds a signature by --key, or signing.key, to REV (the newest) "
     "that signing.require counts as this signer's. It is kept at " STORE_APPROVALS
     "/COMMIT/KEY, which "
     "publish pushes, too, and binds the commit's id and the sandbox. --sandbox NAME refuses a "
     "commit of another one.",
     OPTION_OUTPUT | OPTION_KEY | OPTION_SANDBOX | OPTION_YES, 0, 1, false, run_approve},
    {"checkout", "NAME DIR", "give one sandbox of a fleet a work tree",
     "DIR becomes a repository of "
     "that sandbox alone, for Nix and for apply; the next time, it follows the fleet. Changes of "
     "somebody's in it are left as they are, and refused.",
     OPTION_OUTPUT | OPTION_FLEET, 2, 2, false, run_checkout},
    {"reproduce", "[REV]", "render a generation's spec again and compare",
     "Renders the spec.json that is in the commit and compares the trees' ids. When they differ, "
     "it exits with 3 and says in which files, which version wrote the committed ones, and which "
     "this is. In a fleet, every sandbox, or the one that --name names.",
     OPTION_OUTPUT | OPTION_JSON | OPTION_NAME, 0, 1, false, run_reproduce},
    {"publish", "REMOTE", "push the generations to a remote repository",
     "Runs `git push REMOTE` for the branch and what approve has added, with your own git, its "
     "settings and its credentials; never by force. Only this command and update talk to a "
     "network.",
     OPTION_OUTPUT, 1, 1, false, run_publish},
    FORWARD(
        "doctor", "", 0, "say what this host lacks",
        "Every program that apply, sessions and verify need and that is not here, what for, and "
        "the one command that installs them all. Nothing is changed, and no spec is needed."),
    FORWARD("apply", "", OPTION_DRY_RUN | OPTION_TRY,
            "make this host the newest generation, and verify it",
            "Checks everything before it changes anything; then makes users, firewall, units, "
            "workspaces and dotfiles what the commit says, takes away what it does not say any "
            "more, and attacks every guarantee as verify does. Where one does not hold, the "
            "generation before comes back, or, if that allowed more, the sandbox stays closed. "
            "Sessions go on unless they may do what is not allowed any more; new rules and "
            "secrets pause none. What is applied already is left as it is."),
    FORWARD(
        "run", "[--] COMMAND...",
        OPTION_SANDBOX | OPTION_OPEN_BROWSER | OPTION_BESIDE | OPTION_ACP | OPTION_DETACH |
            OPTION_EPHEMERAL | OPTION_PROJECT,
        "run a command as the agent",
        "It starts in the folder you are in, if that is in a workspace, in the agent's home or in "
        "a project (projects.roots), which is then the only one that is there; "
        "else in the agent's home. Its standard input and output are yours, its exit code is "
        "the command's, and signals are handed on. Refused while anything that closes the "
        "sandbox is not as committed. Where the spec has logins, the pages that the agent's own "
        "login wants to open are printed, and what comes back to localhost is handed in. With "
        "--worktree or --clone, the work is done "
        "on a branch of its own beside the git project that you are in, made by your git when it "
        "is not there: "
        "land brings it over. A clone shares nothing with the project. With "
        "--acp it is an editor's, by the Agent Client Protocol: what the agent asks of the editor "
        "for outside (files, programs, pages) is refused, and the editor's MCP servers stay out. "
        "In a terminal the session outlives it (Linux, with dtach): Ctrl-\\ twice, or a terminal "
        "that is closed, "
        "leaves it running, and attach comes back; not with --ephemeral. With --detach, which "
        "needs no terminal, it prints the session's number and is done."),
    FORWARD("shell", "",
            OPTION_SANDBOX | OPTION_OPEN_BROWSER | OPTION_BESIDE | OPTION_DETACH |
                OPTION_EPHEMERAL | OPTION_PROJECT,
            "open a shell as the agent", NULL),
    FORWARD("projects", "", OPTION_SANDBOX | OPTION_JSON | OPTION_REMOVE | OPTION_STALE,
            "list the projects that were used, and the agent's homes there",
            "Of each (projects.roots) whose it is, when its last session began, and with "
            "\"home\": \"per-project\" how large the agent's home of it is. --remove takes such a "
            "home away, and --stale those of projects that are gone; a project itself stays as it "
            "is."),
    FORWARD(
        "attach", "[ID]", OPTION_SANDBOX, "come back to a session",
        "Without ID, to the only one of yours that runs. Several may look at one; the window that "
        "changed last gives its size. Of one that has ended, what it left behind for your tools "
        "to run is told, and its exit code is given."),
    FORWARD(
        "sessions", "", OPTION_SANDBOX | OPTION_JSON, "list the sessions",
        "Attached, detached, tied to their terminal or pipes, ended, or killed with their keeper. "
        "What yours have left behind is told once; not with --json."),
    FORWARD("stop", "ID|--all", OPTION_SANDBOX | OPTION_ALL, "end a session",
            "And what it left behind for your tools to run is told."),
    FORWARD("paste", "[ID]", OPTION_SANDBOX | OPTION_IMAGE, "give a session what you have copied",
            "Your clipboard (wl-paste, xclip, pbpaste), or standard input, becomes a file in the "
            "agent's home; its path is printed, and typed into the session if somebody looks at "
            "it. Text "
            "goes before an image, which --image asks for. At most 32 MiB."),
    FORWARD(
        "status", "", OPTION_SANDBOX, "say what runs",
        "Exits with 1 when something is not as applied. Where the repository is yours, or up has "
        "made it here, it also says what is rendered, or written in the spec beside it, and not "
        "applied yet."),
    FORWARD("drift", "", OPTION_SANDBOX | OPTION_JSON | OPTION_VERBOSE,
            "compare this host with what is applied",
            "A line for each object that apply manages, and for the repository around you, that "
            "differs. Exits with 3 when one does."),
    FORWARD("logs", "",
            OPTION_SANDBOX | OPTION_DENIED | OPTION_ALL | OPTION_FOLLOW | OPTION_JSON |
                OPTION_CHECK | OPTION_OCSF | OPTION_OTLP,
            "show what the proxy decided",
            "Each request of the agent's: allowed by which rule, with which secret by its name; or "
            "refused, and the rule that would allow it. Where it is not a terminal that reads, or "
            "with --json, as the proxy wrote it. With --ocsf, an event of that schema each (HTTP, "
            "Network, DNS and SSH Activity, Application Lifecycle; what no attribute takes is in "
            "unmapped); with --otlp, OTLP/JSON as files have it. With --check, whether every line "
            "is there and as "
            "it was written, from the oldest that is kept to the newest: each has the SHA-256 of "
            "the one before it. No key is in that: it finds what was lost, or changed by somebody "
            "who did not write all of the log anew. Exits with 3 when something is wrong."),
    FORWARD(
        "verify", "", OPTION_SANDBOX | OPTION_JSON | OPTION_LIST | OPTION_REPORT | OPTION_VERBOSE,
        "attack every guarantee on this host",
        "As the agent, inside a session and outside of its namespace, and as a stranger. Each "
        "attack is held, BROKEN or UNKNOWN, which is no pass, or relaxed by the spec; what is "
        "not held is printed, and the sum. Sessions stand still meanwhile. "
        "Exits with 1 unless all are held. With --report, what this host says of all that other "
        "hosts cannot say (on a Mac most of all), as a new folder with a file for each step, for "
        "you to read and to send: names of people, machines, projects and hosts are hashed under "
        "a key that is thrown away, and no secret is in it. Once more after remove, with -o, it "
        "adds what that has left."),
    {"report-check", "DIR", "say what a report of verify shows",
     "Of a folder that verify --report has made, here or elsewhere: each thing that no test of "
     "this project's can show is shown by it, spoken against, or left open. The folder may be a "
     "stranger's: what is not of its form is refused, and nothing of it is run. With --into, what "
     "it shows is also written into a checkout of agent-sandbox, as tests/seen.md and a line of "
     "README.md, for its maintainers to read and to merge. Exits with 3 when something is spoken "
     "against.",
     OPTION_INTO, 1, MANY, true, run_forward},
    FORWARD(
        "secrets", "[CREDENTIAL]...", OPTION_SANDBOX, "run the commands that give secrets again",
        "Of the credentials that are named, or of all whose source is a command. What is new is "
        "handed to the running proxy. One that fails changes nothing."),
    FORWARD("login", "NAME", OPTION_SANDBOX | OPTION_LOGIN_FILE | OPTION_OPEN_BROWSER,
            "log in to a service, whose tokens the proxy keeps",
            "NAME is one of the spec's logins. A page or a code to enter is printed, for a browser "
            "on any machine; what comes back goes to the running proxy and nowhere else. With "
            "--from, what Claude Code (.credentials.json), Codex or opencode (auth.json), Gemini "
            "CLI (oauth_creds.json), gh (hosts.yml) or Copilot (apps.json) has kept; \"-\" is "
            "standard input. The file stays as it is: whichever of the two refreshes first may "
            "end the other's. Google lets no client in without its secret: the proxy knows that of "
            "the agent's own once it has logged in inside, or --client names a file of JSON that "
            "has client_id and client_secret, such as Google's console gives of a desktop app."),
    FORWARD("logout", "NAME", OPTION_SANDBOX, "forget a login",
            "The proxy forgets its tokens, and the service is told where it has a way to be."),
    FORWARD("ask", "[SPEC]", OPTION_SANDBOX | OPTION_PLAIN,
            "answer what waits, and what was refused",
            "A list: what waits for an answer first (network.ask), then what was refused. Each may "
            "be allowed once, for the sessions that run, for an hour, until a day, or always; or "
            "refused for now, or for good. What a letter would allow is shown below the list, by "
            "path, folder or host. always writes the rule into SPEC (agent-sandbox.json here), as "
            "allow does, and applies it as up does. Without a terminal, or with --plain, lines."),
    FORWARD("grant", "HOST[/PATH]",
            OPTION_SANDBOX | OPTION_METHOD | OPTION_FOR | OPTION_UNTIL | OPTION_ONCE |
                OPTION_SESSION | OPTION_REASON,
            "let one thing through for a while",
            "Within grants.most of the applied spec, by whom grants.by names: requests of METHOD "
            "(more than one --method may be given) to a host, or to a path of it with * and ** as "
            "in a rule; they go out without any secret. It ends after the time that --for says, an "
            "hour without it, with the day of --until, which alone outlasts a reboot, or when the "
            "sessions that run have ended."),
    FORWARD("revoke", "ID|HOST|--all", OPTION_SANDBOX | OPTION_ALL, "end what was granted",
            "By the id that grants shows, or all of a host; what was refused for good, too."),
    FORWARD("grants", "", OPTION_SANDBOX | OPTION_JSON, "list what is granted",
            "What, until when, by whom and why; and what is refused without a question."),
    FORWARD("land", "[NAME]", OPTION_SANDBOX | OPTION_LAND | OPTION_JSON | OPTION_YES,
            "look at what the agent committed, and bring it over",
            "In your project's folder, with your own rights: what the branch agent/NAME has that "
            "yours has not, of a worktree or a clone that run made beside the project (without "
            "NAME, of the only one, or a list): its commits, which files, what of them your tools "
            "run or obey, and the difference, without anything in it that a terminal would obey. "
            "Nothing of what the agent could write is run: no hook, filter, driver or setting of "
            "its repository. Nothing changes without --fast-forward, --cherry-pick or --patch, "
            "which ask, or take --yes with --commit as the word. --remove takes away what was "
            "brought over, with its branch."),
    FORWARD("editor", "EDITOR [-- COMMAND...]", OPTION_SANDBOX | OPTION_JSON,
            "print the settings by which an editor starts the agent",
            "EDITOR is zed, jetbrains, neovim (with CodeCompanion) or vscode (the extensions of "
            "Claude Code and Codex). The first three start by run --acp each of the sandbox's "
            "agents that speaks the Agent Client Protocol, or COMMAND. Nothing is changed."),
    FORWARD(
        "learn", "", OPTION_SANDBOX | OPTION_FOLD, "propose rules from what an audit run asked for",
        "Prints what network.rules would have to hold for the requests seen so far, and nothing "
        "wider, to be read by a person; nothing takes it by itself. With --fold, paths that "
        "differ in one segment become a pattern, and the requests to a repository of GitHub one "
        "rule for it. What that lets through besides is said on standard error, with --fold and "
        "without."),
    FORWARD("remove", "", OPTION_SANDBOX | OPTION_YES, "take everything away but the workspaces",
            "Sessions are ended; users, home, secrets, units, rules and namespace go. The "
            "workspaces and the repository stay."),
    {"signatures", "OLD NEW", "say whose signatures a generation needs",
     "From the spec.json of two generations alone, OLD being what is applied (/dev/null: nothing): "
     "each row of OLD's signing.require (of NEW's, where OLD is nothing) that what NEW changes "
     "fits. "
     "With --json, why, and the git tree that NEW renders to. apply asks this on its own copies.",
     OPTION_JSON, 2, 2, false, run_signatures},
    {"schema", "", "print the JSON Schema of specs", NULL, 0, 0, 0, false, run_schema},
    {"vocabulary", "", "print what the proxy has in common with specs, as JSON", NULL, 0, 0, 0,
     false, run_vocabulary},
    {"man", "", "print the manual page (agent-sandbox man | man -l -)", NULL, 0, 0, 0, false,
     run_man},
    {"completion", "SHELL", "print the completion of bash, zsh or fish", NULL, 0, 1, 1, false,
     run_completion},
};

enum {
    COMMANDS = sizeof commands / sizeof *commands,
    OPTIONS = sizeof option_rows / sizeof *option_rows
};

const struct command_table command_table = {commands, COMMANDS, option_rows, OPTIONS};

enum exit_code command_fail(enum exit_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("agent-sandbox: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}

bool command_color(int descriptor) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (no_color && *no_color)
        return false;
    return isatty(descriptor) && term && strcmp(term, "dumb") != 0;
}

/* -- help -- */

static void print_options(option_flags flags) {
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_rows[i];
        if (!(flags & row->flag))
            continue;
        char letter[5] = "    ";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        char left[40];
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        printf("  %-24s %s\n", left, row->doc);
    }
}

static void print_help(void) {
    puts("usage: agent-sandbox COMMAND [OPTION...] [ARGUMENT...]\n\n"
         "From one JSON spec: a committed sandbox for coding agents, on Linux and macOS.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *c = &commands[i];
        char left[40];
        if (c->forwarded && !commands[i - 1].forwarded)
            puts("\nOn the host itself (root's applied copy does these; apply takes the repository "
                 "around you):");
        else if (!c->forwarded && i > 0 && commands[i - 1].forwarded)
            puts("\nAbout specs:");
        snprintf(left, sizeof left, "%s %s", c->name, c->arguments);
        printf("  %-24s %s\n", left, c->doc);
    }
    puts("\nOptions (agent-sandbox COMMAND --help says which one a command takes):");
    print_options(~UINT64_C(0));
    puts("      --version            print the version\n\n"
         "Exit codes: 0 done, or nothing to do; 1 the system failed; 2 the input is wrong;\n"
         "3 diff, reproduce or drift found differences, lint or logs --check something, or export\n"
         "would lose what is enforced; 4 explain: the spec denies it.");
}

static void print_command_help(const struct command *command) {
    printf("usage: agent-sandbox %s%s%s%s\n\n%c%s.\n", command->name,
           command->options ? " [OPTION...]" : "", *command->arguments ? " " : "",
           command->arguments, command->doc[0] - 'a' + 'A', command->doc + 1);
    if (command->more)
        printf("%s\n", command->more);
    puts("");
    print_options(command->options | OPTION_HELP);
}

/* -- the command line -- */

static const struct command *find_command(const char *name) {
    struct words_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        words_offer(&nearest, commands[i].name);
    }
    if (nearest.best)
        command_fail(EXIT_WRONG, "no command \"%s\"; did you mean \"%s\"?", name, nearest.best);
    else
        command_fail(EXIT_WRONG, "no command \"%s\"; see agent-sandbox --help", name);
    return NULL;
}

static const struct option_row *find_option(const struct command *command, const char *word,
                                            size_t n) {
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_rows[i];
        bool takes = (command->options | OPTION_HELP) & row->flag;
        bool letter = n == 2 && row->letter && word[1] == row->letter;
        bool name = n > 2 && strlen(row->name) == n - 2 && strncmp(word + 2, row->name, n - 2) == 0;
        if (takes && (letter || (name && word[1] == '-')))
            return row;
    }
    return NULL;
}

static bool unknown_option(const struct command *command, const char *word) {
    struct words_nearest nearest = {.wanted = word + strspn(word, "-")};
    for (size_t i = 0; i < OPTIONS; i++)
        if ((command->options | OPTION_HELP) & option_rows[i].flag)
            words_offer(&nearest, option_rows[i].name);
    if (nearest.best)
        command_fail(EXIT_WRONG, "%s takes no option %s; did you mean --%s?", command->name, word,
                     nearest.best);
    else
        command_fail(EXIT_WRONG, "%s takes no option %s; see agent-sandbox %s --help",
                     command->name, word, command->name);
    return false;
}

static void set_option(struct call *call, option_flags flag, const char *value) {
    switch (flag) {
    case OPTION_AGENT:
        call->agents[call->agent_count++] = value;
        break;
    case OPTION_LOGIN:
        call->logins[call->login_count++] = value;
        break;
    case OPTION_OUTPUT:
        call->output = value;
        break;
    case OPTION_FLEET:
        call->fleet = value;
        break;
    case OPTION_JSON:
        call->json = true;
        break;
    case OPTION_PATCH:
        call->patch = true;
        break;
    case OPTION_NAME:
        call->name = value;
        break;
    case OPTION_SIGN:
        call->sign = value;
        break;
    case OPTION_KEY:
        call->key = value;
        break;
    case OPTION_SIGNATURE:
        call->signature = true;
        break;
    case OPTION_FROM:
        call->from = value;
        break;
    case OPTION_REV:
        call->rev = value;
        break;
    case OPTION_POLICY:
        call->policy = true;
        break;
    case OPTION_EXIT_CODE:
        call->exit_code_on = value;
        break;
    case OPTION_SANDBOX:
        call->sandbox = value;
        break;
    case OPTION_DRY_RUN:
        call->dry_run = true;
        break;
    case OPTION_PINNED:
        call->pinned = true;
        break;
    case OPTION_LIVE:
        call->live = true;
        break;
    case OPTION_TEAM:
        call->team = true;
        break;
    case OPTION_LOSSY:
        call->lossy = true;
        break;
    case OPTION_MATRIX:
        call->matrix = true;
        break;
    case OPTION_LOG:
        call->log = value;
        break;
    case OPTION_SINCE:
        call->since = value;
        break;
    case OPTION_METHOD:
        call->method = value;
        break;
    case OPTION_REASON:
        call->reason = value;
        break;
    case OPTION_UNTIL:
        call->until = value;
        break;
    case OPTION_ORIGINS:
        call->origins = true;
        break;
    case OPTION_YES:
        call->yes = true;
        break;
    case OPTION_VERBOSE:
        call->verbose = true;
        break;
    case OPTION_HELP:
        break;
    default: /* of forwarded commands, which are handed on */
        break;
    }
}

/* One word that begins with '-', and its value; advances *at past both. False after a mistake. */
static bool parse_option(struct call *call, char **argv, size_t argc, size_t *at, bool *help) {
    char *word = argv[*at], *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    bool joined = n > 2 && word[1] != '-'; /* -oDIR */
    const struct option_row *row = find_option(call->command, word, joined ? 2 : n);
    const char *value = joined ? word + 2 : equals ? equals + 1 : NULL;
    if (!row)
        return unknown_option(call->command, word);
    if (row->argument && !value) {
        if (*at + 1 >= argc) {
            command_fail(EXIT_WRONG, "--%s needs a %s", row->name, row->argument);
            return false;
        }
        value = argv[++*at];
    }
    if (!row->argument && value) {
        command_fail(EXIT_WRONG, "--%s takes no value", row->name);
        return false;
    }
    *help = *help || row->flag == OPTION_HELP;
    set_option(call, row->flag, value);
    ++*at;
    return true;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool begins_with(const char *word, const char *option, const char *name) {
    return strncmp(word, option, 2) == 0 || strncmp(word, name, strlen(name)) == 0;
}

/* A forwarded command hands everything on, except -o and -s in front, and the question for help
 * that stands before the words of another command. */
static bool parse_forwarded(struct call *call, char **argv, size_t argc, bool *help) {
    size_t at = 0;
    while (at < argc &&
           (begins_with(argv[at], "-o", "--output") || begins_with(argv[at], "-s", "--sandbox")))
        if (!parse_option(call, argv, argc, &at, help))
            return false;
    for (size_t i = at; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++)
        *help = *help || asks_for_help(argv[i]);
    for (; at < argc; at++)
        call->arguments[call->argument_count++] = argv[at];
    return true;
}

static bool parse(struct call *call, char **argv, size_t argc, bool *help) {
    if (call->command->forwarded)
        return parse_forwarded(call, argv, argc, help);
    bool only_arguments = false;
    for (size_t at = 0; at < argc;) {
        if (!only_arguments && strcmp(argv[at], "--") == 0) {
            only_arguments = true;
            at++;
        } else if (!only_arguments && argv[at][0] == '-' && argv[at][1]) {
            if (!parse_option(call, argv, argc, &at, help))
                return false;
        } else {
            call->arguments[call->argument_count++] = argv[at++];
        }
    }
    if (*help)
        return true;
    if (call->argument_count < call->command->least) {
        command_fail(EXIT_WRONG, "%s needs %s", call->command->name, call->command->arguments);
        return false;
    }
    if (call->argument_count > call->command->most) {
        command_fail(EXIT_WRONG, "%s does not take \"%s\"", call->command->name,
                     call->arguments[call->command->most]);
        return false;
    }
    return true;
}

static int run(const struct command *command, char **argv, size_t argc) {
    struct call call = {.command = command};
    bool help = false;
    call.agents = must_alloc((argc + 1) * sizeof *call.agents);
    call.logins = must_alloc((argc + 1) * sizeof *call.logins);
    call.arguments = must_alloc((argc + 1) * sizeof *call.arguments);
    int code = EXIT_WRONG;
    if (parse(&call, argv, argc, &help)) {
        if (help)
            print_command_help(command);
        code = help ? EXIT_DONE : (int)command->run(&call);
    }
    free(call.agents);
    free(call.logins);
    free(call.arguments);
    if ((fflush(stdout) || ferror(stdout)) && code == EXIT_DONE)
        code = (int)command_fail(EXIT_FAILED, "can't write to standard output");
    return code;
}

int agent_sandbox(int argc, char **argv) {
    if (argc < 2) {
        print_help();
        return EXIT_WRONG;
    }
    if (strcmp(argv[1], "--version") == 0)
        return printf("agent-sandbox %s\n", VERSION) < 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_help();
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "help") == 0) {
        const struct command *about = find_command(argv[2]);
        if (about)
            print_command_help(about);
        return about ? EXIT_DONE : EXIT_WRONG;
    }
    const struct command *command = find_command(argv[1]);
    return command ? run(command, argv + 2, (size_t)argc - 2) : EXIT_WRONG;
}
