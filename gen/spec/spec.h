/*
 * The model: what a spec says, parsed to binary. Structs only.
 *
 * Ownership: everything that a struct spec points to lives in one arena (arena.h) and is freed
 * with it. Nothing here is changed after check.c has passed it.
 *
 * Unset: a NULL string, a zero number, a date with year 0, an empty list. Every list is a set:
 * read.c sorts it and removes what is twice there, so the order in which a spec was written
 * never shows in an output.
 */
#ifndef SPEC_H
#define SPEC_H

#include "base/values.h"
#include "spec/findings.h"
#include "spec/relaxations.h"

/*
 * Where an object is written in the user's files: a json_t that only read.c looks into. For
 * messages, never for output.
 */
typedef const void *written;

#define LIST(T)                                                                                    \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n;                                                                                  \
    }

enum shell { SHELL_BASH, SHELL_ZSH };
enum system {
    SYSTEM_X86_64_LINUX,
    SYSTEM_AARCH64_LINUX,
    SYSTEM_X86_64_DARWIN,
    SYSTEM_AARCH64_DARWIN
};
enum host_kind {
    HOST_PLAIN,
    HOST_NIXOS,
    HOST_DARWIN,
    HOST_HOME_MANAGER,
    HOST_SYSTEM_MANAGER,
    HOST_WSL
};
enum unenforced { UNENFORCED_REFUSE, UNENFORCED_ACCEPT };
enum access { ACCESS_READ_WRITE, ACCESS_READ_ONLY };
enum project_home { PROJECT_HOME_SHARED, PROJECT_HOME_EACH };
enum enforcement { ENFORCEMENT_ENFORCE, ENFORCEMENT_AUDIT };
/* Agents whose own settings for administrators are written, too. */
enum managed {
    MANAGED_CLAUDE_CODE,
    MANAGED_CODEX,
    MANAGED_COPILOT,
    MANAGED_GEMINI_CLI,
    MANAGED_COUNT
};
/* Which program the proxy is; on a host, apply settles ENGINE_AUTO. */
enum clipboard { CLIPBOARD_NEVER, CLIPBOARD_WRITE };
/* Whose desktop hears that a session wants its operator: not of one who came by ssh, whoever he is,
 * nobody. */
enum notify { NOTIFY_LOCAL, NOTIFY_ALWAYS, NOTIFY_NEVER };
enum engine { ENGINE_AUTO, ENGINE_NATIVE, ENGINE_MITMPROXY };
/* Of tcp and tls nothing is read but names and ports. */
enum scheme { SCHEME_HTTPS, SCHEME_HTTP, SCHEME_TCP, SCHEME_TLS };
/* What may be done with a repository of GitHub; each holds what stands before it. */
enum repository_access { REPOSITORY_NONE, REPOSITORY_READ, REPOSITORY_WRITE };
enum protocol { PROTOCOL_TCP, PROTOCOL_UDP };
enum relax_what {
#define ROW(id, word, may, meaning) RELAX_##id,
    RELAXATIONS(ROW)
#undef ROW
        RELAX_UNIX_SOCKET
};
enum finding_kind {
#define ROW(id, word) FINDING_##id,
    FINDINGS(ROW)
#undef ROW
        FINDING_ACCEPTS_NOTHING /* of accept itself, where it can't be accepted */
};
enum source_kind { SOURCE_FILE, SOURCE_SYSTEMD, SOURCE_KEYCHAIN, SOURCE_COMMAND };

struct user {
    written at;
    struct name name; /* default: agent-NAME */
    int64_t uid;      /* default: from the sandbox's name; always even, the proxy has uid + 1 */
    enum shell shell;
};

struct host { /* one machine that the sandbox is meant for; the map's key comes first */
    struct name name;
    written at;
    enum system system;
    enum host_kind kind;
};

struct homebrew {
    written at;
    LIST(struct name) formulae;
    LIST(struct name) casks;
};

struct packages {
    written at;
    LIST(struct name) nix;    /* attribute paths in nixpkgs: "python3Packages.pip" */
    LIST(struct name) unfree; /* names that allowUnfreePredicate lets through */
    struct homebrew homebrew;
};

/* Of lastModified: until 2100. */
#define MODIFIED_MIN 1
#define MODIFIED_MAX 4102444800

struct input { /* one flake input; the map's key comes first */
    struct name name;
    written at;
    struct text url;  /* "github:OWNER/REPO/REF" */
    struct name rev;  /* 40 hex digits */
    struct text hash; /* narHash, "sha256-" and base64 */
    int64_t modified; /* seconds since the epoch: the commit's committer time */
};

struct dotfile { /* the map's key comes first: a path below the agent's home */
    struct name path;
    written at;
    struct text text;
    struct text source; /* only while reading: the file is read into text, then unset */
    bool executable;
    bool once; /* laid where there is nothing of that name, and then the agent's own */
};

struct variable { /* one environment variable; the map's key comes first */
    struct name name;
    struct text value;
};

struct git {
    written at;
    struct text name, email;
};

struct files {                   /* of a workspace; patterns (file_pattern.h) */
    LIST(struct text) hide;      /* the agent does not see what is in them */
    LIST(struct text) protect;   /* ... may read them */
    LIST(struct text) unprotect; /* ... may write them, of what is protected by default */
};

struct workspace {
    written at;
    struct text path;        /* people's folders have blanks and letters of their own */
    struct text darwin_path; /* default: default_darwin_path */
    enum access access;
    struct files files; /* besides those of all workspaces */
};

struct projects { /* folders below which each is one, for a session begun in it */
    written at;
    LIST(struct text) roots; /* "/..." or "~/...", each operator's own */
    enum project_home home;
    bool worktrees; /* the repositories of linked ones are shared, too */
};

struct rate { /* so many in each second, minute, hour or day, in UTC; count 0: no ceiling */
    int64_t count, seconds;
};

struct ceilings { /* of what is let through */
    struct rate requests, bytes, tokens;
};

/* Where it stands when the versions of packages were published: an npm registry, or PyPI's simple
 * API. */
enum package_kind { PACKAGES_NONE, PACKAGES_NPM, PACKAGES_PYPI };
struct package_index {
    enum package_kind kind;
    struct name host;
    int64_t port;
    struct path path; /* empty, or /a/b: inert */
};

/* Where an MCP server is asked; the path is empty, or begins with a slash. */
struct mcp_url {
    enum scheme scheme; /* https, or http in the clear */
    struct name host;
    int64_t port; /* 0: none */
    struct path path;
};

struct mcp_server { /* one whose tools may be called, by their names */
    written at;
    struct mcp_url url;
    LIST(struct text) tools;     /* tool_pattern.h */
    LIST(struct cidr) addresses; /* that its host may have besides public ones */
    struct text owner, reason;
    struct date expires; /* the last day on which it holds, in UTC */
};

struct rule { /* one egress permission: what the proxy lets through */
    written at;
    struct host_pattern host;
    struct text github; /* "owner/repo", in place of the host */
    enum repository_access access;
    bool ignore_case; /* its paths are compared without ASCII's case; no key of a spec */
    const struct mcp_server *mcp; /* that it stands for, or NULL; no key of a spec */
    enum scheme scheme;
    LIST(struct name) methods;   /* none where nothing is read, as of paths */
    LIST(struct text) paths;     /* * stays inside a segment, ** crosses */
    LIST(struct text) deny;      /* refused on these ports, whichever rule allows it */
    LIST(struct text) query;     /* what its parameters may be; none: anything */
    LIST(int64_t) ports;         /* 1-65535 */
    LIST(struct cidr) addresses; /* that the host may have besides public ones */
    bool websocket;
    struct ceilings ceilings;
    int64_t cooldown;           /* seconds that a version of a package has to be old; 0: none */
    struct package_index index; /* where it stands how old they are */
    struct text owner, reason;
    struct date expires; /* the last day on which it holds, in UTC */
};

struct cidr_rule { /* one destination that is not HTTP */
    written at;
    struct cidr cidr;
    enum protocol protocol;
    LIST(int64_t) ports; /* 1-65535 */
    struct text owner, reason;
    struct date expires;
};

struct authority { /* certificates that servers' may be signed by, besides the system's */
    written at;
    struct text text;
    struct text source; /* only while reading: the file is read into text, then unset */
    LIST(struct host_pattern) hosts; /* none: every host */
};

struct proxy_place { /* where another proxy listens */
    struct name host;
    int64_t port;
    bool tls; /* which it is spoken to in */
};

struct source { /* where the proxy finds a secret; never the secret */
    enum source_kind kind;
    struct path path;    /* SOURCE_FILE */
    struct name name;    /* SOURCE_SYSTEMD: the credential's name; SOURCE_KEYCHAIN: the item's */
    struct text command; /* SOURCE_COMMAND: an absolute path and words, one blank between two; */
    struct text spelled; /* ... and that behind "command:" */
};

struct upstream { /* a company's proxy, which what leaves goes through */
    written at;
    struct proxy_place proxy; /* unset: there is none */
    struct name user;
    struct source password;
    LIST(struct cidr) addresses;      /* that it may have besides public ones */
    LIST(struct host_pattern) except; /* what is connected to without it */
};

struct network {
    written at;
    enum enforcement enforcement;
    enum engine engine;
    bool capture;                    /* what knows no proxy is taken to it, where a target can */
    LIST(struct rule) written_rules; /* as the spec has them */
    bool ask;                        /* what no rule allows waits while an operator is asked */
    LIST(struct host_pattern) ask_hosts; /* none: all that may be granted */
    LIST(struct rule) rules; /* of hosts alone: what repositories and MCP servers stand for, too */
    LIST(struct mcp_server) mcp;
    LIST(struct cidr_rule) cidrs;
    LIST(struct authority) trust;
    struct upstream upstream;
    LIST(int64_t) local_ports; /* the host's loopback services that the agent may reach */
    LIST(int64_t) publish;     /* the agent's own servers that the operator may open */
};

/* What may be granted at most, and for how long where "for" is not said; how long a request waits
 * for an answer. In seconds. */
enum { DEFAULT_GRANT_SECONDS = 8 * 3600, DEFAULT_WAIT_SECONDS = 60 };

struct grants_most {
    written at;
    LIST(struct host_pattern) hosts; /* v NULL: any; v and none: nothing */
    LIST(struct name) methods;       /* the same */
    int64_t seconds;                 /* 0: DEFAULT_GRANT_SECONDS */
};

struct grants { /* what operators may let through for a while, besides the rules */
    written at;
    LIST(struct text) by; /* of the operators; none: nobody */
    struct grants_most most;
    int64_t wait; /* 0: DEFAULT_WAIT_SECONDS */
    struct path on_ask;
    bool notify;
};

struct relax {
    enum relax_what what;
    struct path socket; /* for RELAX_UNIX_SOCKET */
};

struct inject { /* how the proxy puts the secret into a request; exactly one is set */
    written at;
    struct name header;        /* the whole value of this header */
    bool bearer;               /* Authorization: Bearer SECRET */
    struct name basic;         /* Authorization: Basic base64(USER:SECRET); git over https */
    struct name query;         /* this query parameter */
    struct text authorization; /* Authorization: WORD SECRET */
    bool path;                 /* in a segment of the path, where the placeholder stands */
    struct text json;          /* the string that this JSON pointer leads to in the body */
    bool aws; /* signs again what the client signed with the placeholder as its key's id */
};

struct credential {
    written at;
    struct name name;
    struct source source;
    LIST(struct host_pattern) hosts;
    LIST(struct text) paths; /* only requests to these get it; none: to every path */
    bool ask;                /* only requests that carry the placeholder in its place get it */
    struct inject inject;
    struct ceilings ceilings; /* of all rules' requests that it goes into */
    struct name env;          /* the variable that holds the placeholder */
    struct text placeholder;  /* what the agent sees; default: placeholder-SANDBOX-NAME */
};

struct https_url { /* without a query; path: inert, "/" at least */
    struct name host;
    int64_t port; /* 0: unset */
    struct path path;
};

/* How a token endpoint is asked. */
enum login_body { LOGIN_FORM, LOGIN_JSON, LOGIN_NONE };

struct login_fields { /* JSON pointers into its answer */
    written at;
    struct text access, refresh, expires_in, id;
};

struct login_token { /* where tokens are given out: its answers are the proxy's */
    written at;
    struct https_url url;
    enum login_body body;
    struct login_fields fields;
};

struct login_prefix { /* how what stands for a token begins */
    written at;
    struct name access, refresh;
};

/* Of an account at a service; of a text in the list, preset alone is set. */
struct login {
    struct name preset; /* only while reading: what it stands for takes its place */
    written at;
    struct name name;
    LIST(struct login_token) token;
    LIST(struct host_pattern) hosts; /* that get the access token ... */
    LIST(struct text) paths;         /* ... at these; none: at every path */
    struct inject inject;
    struct login_prefix prefix;
    struct text client_id;
    LIST(struct text) scopes;
    struct https_url authorize, device, revoke; /* for who logs in on the host, or unset */
    LIST(struct variable) parameters;           /* of authorize, besides OAuth's own */
    struct text redirect;
    struct https_url mcp; /* of network.mcp: its requests get the token unasked; or unset */
    written parameters_at;
};

/* As RFC 4253, section 6.6, encodes it: the algorithm's name stands in front. */
struct public_key {
    const uint8_t *bytes;
    size_t n;
};

struct signer { /* one whose signature a generation may need */
    written at;
    struct name name;
    struct public_key key;
};

/* What a generation changes; widening holds the two behind it, any all. */
enum signed_change { SIGNED_ANY, SIGNED_WIDENING, SIGNED_CREDENTIAL, SIGNED_RELAXATION };

struct signing_need { /* how many people must have signed what changes this */
    written at;
    enum signed_change change;
    int64_t signatures;
    LIST(struct name) of; /* none: whoever is allowed */
};

struct signing {
    written at;
    struct text key; /* the file of the key that render signs with: "/..." or "~/..." */
    LIST(struct signer) allowed;
    LIST(struct signing_need) require;
};

/* What each rule may have to say, in the order of the words; and what may have to be signed. */
enum required { REQUIRED_OWNER, REQUIRED_REASON, REQUIRED_EXPIRES };
enum required_bases { BASES_ANY, BASES_SIGNED };

struct require { /* what a base wants of whoever extends it, and of itself */
    written at;
    LIST(enum required) rules;
    int64_t lifetime; /* days from today that a rule may last; 0: for ever */
    enum required_bases bases;
};

struct ssh_server { /* one that the agent may log in to, with a key of its operator's */
    written at;
    struct host_pattern host; /* never a suffix */
    int64_t port;
    LIST(struct public_key) keys; /* the server's own, by which it is known */
};

struct ssh { /* what a session may ask of the ssh-agent of the operator who started it */
    written at;
    LIST(struct ssh_server) hosts;
    LIST(struct public_key) keys; /* the operators', that may be used */
    bool sign_commits;
};

struct terminal { /* what a session may do with the terminal of the operator who started it */
    written at;
    enum clipboard clipboard;
    enum notify notify;
};

/* What holds on Linux where a spec has no limit: a fork bomb, or a build that takes all memory,
 * would else take the machine with it. */
enum { DEFAULT_TASKS = 4096, DEFAULT_MEMORY_PERCENT = 75 };

struct limits { /* zero: no limit of our own, but for these two */
    written at;
    int64_t memory;  /* bytes */
    int64_t cpus;    /* whole processors */
    int64_t tasks;   /* processes and threads */
    int64_t session; /* seconds */
    int64_t disk;    /* bytes in the agent's home, where the file system has quotas */
};

enum expectation { EXPECT_ALLOW, EXPECT_DENY };

struct policy_test { /* what the spec itself says of its rules; exactly one of the first is set */
    written at;
    struct text request; /* request_line.h */
    struct text connect; /* HOST:PORT, of which nothing is read */
    enum expectation expect;
    struct name credential; /* that goes into the request */
    struct text tool;       /* of an MCP server, which the request calls */
};

struct acceptance { /* of what lint found */
    written at;
    enum finding_kind finding;
    struct text of; /* the host of a rule, its repository, a range of addresses, a credential */
    struct text reason;
};

struct base {          /* what a spec builds on; of a text in the list, plain alone is set */
    struct text plain; /* a path beside the spec, or "shipped:NAME" */
    written at;
    struct text url; /* git's, with "git+" before it */
    struct text ref; /* what update follows; unset: the remote's HEAD */
    struct text path;
    struct name rev; /* unset: update has not pinned it yet; the same of hash */
    struct text hash;
};

struct spec {
    written at;
    struct text schema;
    int64_t version;
    struct name name;
    LIST(struct base) extends;
    LIST(struct name) lock;
    struct require require;
    LIST(struct name) agents;
    LIST(enum managed) managed;
    bool instructions; /* of the presets, to their agents */
    struct user user;
    LIST(struct text) operators; /* people's accounts: first.last, DOMAIN\user, user@realm */
    LIST(struct host) hosts;
    enum unenforced unenforced;
    struct packages packages;
    LIST(struct input) inputs;
    LIST(struct dotfile) dotfiles;
    LIST(struct variable) environment;
    written environment_at, dotfiles_at;
    struct git git;
    LIST(struct workspace) workspaces;
    struct files files; /* of all workspaces */
    struct projects projects;
    struct network network;
    struct grants grants;
    LIST(struct relax) relax;
    LIST(struct credential) credentials;
    LIST(struct login) logins;
    LIST(struct text) not_secrets; /* texts that only look like secrets; check.c lets them pass */
    struct limits limits;
    struct signing signing;
    struct ssh ssh;
    struct terminal terminal;
    LIST(struct policy_test) tests;
    LIST(struct acceptance) accept;
};

#endif
