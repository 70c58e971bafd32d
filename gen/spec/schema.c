#include "spec/look_alike.h"
#include "spec/schema_private.h"
#include "spec/tool_pattern.h"
#include "spec/url_query.h"

#include <string.h>

static const struct key user_keys[] = {
    {NAME(user, "name", name, type_user_name), .max = 31, .absent_words = "agent-NAME",
     .doc = "the agent's user, made by apply; never an administrator"},
    {INT(user, "uid", uid, type_int), .min = 600, .max = 61182,
     .absent_words = "from the sandbox's name, in 60578-61183",
     .doc = "its uid and gid, an even number; the proxy's user has the next one"},
    {WORD(user, "shell", shell, shell), .absent = "\"bash\"", .doc = "its login shell"},
};
OBJECT_TABLE(user, user, "the user", "the user that the agent runs as");

static const struct key host_keys[] = {
    {WORD(host, "system", system, system), .required = true,
     .doc = "the machine's processor and system, as Nix names it"},
    {WORD(host, "kind", kind, host_kind), .absent = "\"plain\"",
     .doc = "what manages the machine; plain needs no Nix"},
};
OBJECT_TABLE(host, host, "a host", "a machine that the sandbox is meant for");

static const struct key homebrew_keys[] = {
    {LIST_OF(homebrew, "formulae", formulae, struct name, type_brew_name), .max = 100,
     .doc = "formulae for the Brewfile"},
    {LIST_OF(homebrew, "casks", casks, struct name, type_brew_name), .max = 100,
     .doc = "casks for the Brewfile"},
};
OBJECT_TABLE(homebrew, homebrew, "homebrew", "packages of Homebrew, for macOS without Nix");

static const struct key packages_keys[] = {
    {LIST_OF(packages, "nix", nix, struct name, type_nix_attribute), .max = 200,
     .doc = "packages of nixpkgs, by attribute path"},
    {LIST_OF(packages, "unfree", unfree, struct name, type_nix_attribute), .max = 200,
     .doc = "names of unfree packages that may be built; never all of them"},
    {OBJECT(packages, "homebrew", homebrew, homebrew, homebrew_object),
     .doc = "packages of Homebrew, for macOS without Nix"},
};
OBJECT_TABLE(packages, packages, "packages", "the tools that the agent finds");

static const struct key input_keys[] = {
    {TEXT(input, "url", url, type_flake_url), .required = true,
     .doc = "where the input comes from"},
    {NAME(input, "rev", rev, type_rev), .max = 40, .required = true,
     .doc = "the commit that flake.lock pins"},
    {TEXT(input, "narHash", hash, type_nar_hash), .required = true,
     .doc = "the hash of that commit's files, as Nix computes it"},
    {INT(input, "lastModified", modified, type_int), .min = MODIFIED_MIN, .max = MODIFIED_MAX,
     .required = true, .doc = "that commit's committer time, in seconds since the epoch"},
};
OBJECT_TABLE(input, input, "an input", "a pinned input of the emitted flake");

static const struct key dotfile_keys[] = {
    {TEXT(dotfile, "text", text, type_multiline), .max = MULTILINE_MAX,
     .doc = "the file's content; this or source"},
    {TEXT(dotfile, "source", source, type_relative_path), .max = 255,
     .doc = "a UTF-8 file beside the spec, whose content is taken at render"},
    {VALUE(dotfile, "executable", executable, bool, type_bool),
     .absent_words = "false, or what its source is", .doc = "whether the agent may run it"},
    {VALUE(dotfile, "once", once, bool, type_bool),
     .doc = "laid at a session's start where there is none, never over one that is there"},
};
OBJECT_TABLE(dotfile, dotfile, "a dotfile", "a file in the agent's home");

static const struct key git_keys[] = {
    {TEXT(git, "name", name, type_text), .max = 100, .doc = "user.name of the agent's commits"},
    {TEXT(git, "email", email, type_text), .max = 254, .doc = "user.email of the agent's commits"},
};
OBJECT_TABLE(git, git, "git", "who the agent's commits are by");

enum { FILE_PATTERN_LONGEST = 200 };

static const struct key workspace_keys[] = {
    {TEXT(workspace, "path", path, type_workspace_path), .max = 200, .required = true,
     .doc = "the folder that agent and operators share"},
    {TEXT(workspace, "darwin_path", darwin_path, type_workspace_path), .max = 200,
     .absent_words =
         "path, with /home read as /Users, and whatever else macOS can't have below /Users/Shared",
     .doc = "the same on macOS, whose system volume takes no new folders"},
    {WORD(workspace, "access", access, access), .absent = "\"read-write\"",
     .doc = "what the agent may do there"},
    {LIST_OF(workspace, "hide", files.hide, struct text, type_file_pattern),
     .max = FILE_PATTERN_LONGEST, .tighten = TIGHTEN_MORE, .doc = "as the spec's own, here alone"},
    {LIST_OF(workspace, "protect", files.protect, struct text, type_file_pattern),
     .max = FILE_PATTERN_LONGEST, .tighten = TIGHTEN_MORE, .doc = "as the spec's own, here alone"},
    {LIST_OF(workspace, "unprotect", files.unprotect, struct text, type_file_pattern),
     .max = FILE_PATTERN_LONGEST, .doc = "as the spec's own, here alone"},
};
OBJECT_TABLE(workspace, workspace, "a workspace", "a folder that agent and operators share");

static const struct key rule_keys[] = {
    {VALUE(rule, "host", host, struct host_pattern, type_host_pattern), .max = 255,
     .doc = "an exact host, or *.suffix for every name below it; this or github"},
    {TEXT(rule, "github", github, type_repository), .max = REPOSITORY_LONGEST,
     .doc =
         "a repository of GitHub, owner/repo: git over https, the REST API by name, archives and "
         "raw files, in whatever case"},
    {VALUE(rule, "access", access, enum repository_access, type_repository_access), .max = 5,
     .absent_words = "read, with github",
     .doc = "read, or write: push, and in the API issues, pull requests and contents, too"},
    {WORD(rule, "scheme", scheme, scheme), .absent = "\"https\"",
     .doc = "https, or http in the clear; tcp: bytes that nobody reads, by name and port; tls: "
            "TLS that nobody opens, whose ClientHello has the name"},
    {LIST_OF(rule, "methods", methods, struct name, type_method), .max = 20,
     .absent = "[\"GET\", \"HEAD\"]", .doc = "the HTTP methods that are let through"},
    {LIST_OF(rule, "paths", paths, struct text, type_url_path), .max = 500, .absent = "[\"/**\"]",
     .doc = "URL paths: * stays inside a segment, ** crosses"},
    {LIST_OF(rule, "deny", deny, struct text, type_url_path), .max = 500,
     .doc =
         "URL paths that are refused on this host, scheme and ports, whichever rule allows them: "
         "in capitals or not, with a slash behind them or not"},
    {LIST_OF(rule, "query", query, struct text, type_url_query), .max = URL_QUERY_LONGEST,
     .absent_words = "any",
     .doc = "what each parameter of the query must be: name, or name=value, where * is any text"},
    {LIST_OF(rule, "ports", ports, int64_t, type_int), .min = 1, .max = 65535,
     .absent_words = "443, or 80 for http; tcp has none", .doc = "TCP ports of the host"},
    {LIST_OF(rule, "addresses", addresses, struct cidr, type_cidr), .max = 49,
     .doc = "ranges of addresses that the host may have besides public ones: a company's own"},
    {VALUE(rule, "websocket", websocket, bool, type_bool),
     .doc = "whether the connection may become a WebSocket"},
    {VALUE(rule, "requests", ceilings.requests, struct rate, type_rate), .max = 11,
     .doc = "how many it lets through in each second, minute, hour or day, in UTC: 60/m, 1000/d"},
    {VALUE(rule, "bytes", ceilings.bytes, struct rate, type_byte_rate), .max = 9,
     .doc =
         "how much it lets through, of requests' and answers' bodies together, or of all with tcp "
         "and tls: 500MiB/d"},
    {VALUE(rule, "tokens", ceilings.tokens, struct rate, type_rate), .max = 15,
     .doc = "how many tokens its answers may say that they cost, as model APIs say it (usage): "
            "2000000/d"},
    {INT(rule, "cooldown", cooldown, type_cooldown), .max = 5,
     .doc = "how old a version of a package has to be on this host, its ports and paths, whichever "
            "rule allows it: 36h, 7d; younger ones are taken out of the index, and refused"},
    {VALUE(rule, "index", index, struct package_index, type_package_index), .max = 300,
     .absent_words = "npm:https://, and the rule's host, with cooldown",
     .doc = "where it stands how old they are: npm: or pypi: and the URL of an npm registry, or of "
            "PyPI's simple API"},
    {TEXT(rule, "owner", owner, type_text), .max = 100, .doc = "who answers for the rule"},
    {TEXT(rule, "reason", reason, type_text), .max = 500, .doc = "what it is for"},
    {VALUE(rule, "expires", expires, struct date, type_date), .max = 10,
     .doc = "the last day on which it holds, in UTC"},
};

static void finish_rule(void *value) {
    static int64_t https_port = 443, http_port = 80; /* only ever read */
    struct rule *rule = value;
    if (rule->github.s) {
        rule->methods.n = rule->paths.n = 0; /* read/repositories.c says what they are */
        if (!rule->access)
            rule->access = REPOSITORY_READ;
        return;
    }
    if (!scheme_is_read(rule->scheme))
        rule->methods.n = rule->paths.n = 0; /* what stood in the spec, check.c sees */
    if (!rule->ports.n && rule->scheme != SCHEME_TCP) {
        rule->ports.v = rule->scheme == SCHEME_HTTP ? &http_port : &https_port;
        rule->ports.n = 1;
    }
    if (rule->cooldown && !rule->index.kind && rule->host.name.s && !rule->host.suffix)
        rule->index = (struct package_index){
            PACKAGES_NPM, rule->host.name, rule->ports.n ? rule->ports.v[0] : 443, {""}};
}
static const struct object rule_object = {"a rule",
                                          rule_keys,
                                          sizeof rule_keys / sizeof *rule_keys,
                                          sizeof(struct rule),
                                          AT(rule, at, written),
                                          "one thing that the proxy lets through",
                                          finish_rule};

static const struct key cidr_keys[] = {
    {VALUE(cidr_rule, "cidr", cidr, struct cidr, type_cidr), .max = 49, .required = true,
     .doc = "the addresses"},
    {WORD(cidr_rule, "protocol", protocol, protocol), .absent = "\"tcp\"", .doc = "tcp or udp"},
    {LIST_OF(cidr_rule, "ports", ports, int64_t, type_int), .min = 1, .max = 65535,
     .required = true, .doc = "its ports"},
    {TEXT(cidr_rule, "owner", owner, type_text), .max = 100, .doc = "who answers for it"},
    {TEXT(cidr_rule, "reason", reason, type_text), .max = 500, .doc = "what it is for"},
    {VALUE(cidr_rule, "expires", expires, struct date, type_date), .max = 10,
     .doc = "the last day on which it holds, in UTC"},
};
OBJECT_TABLE(cidr, cidr_rule, "a CIDR rule", "a destination that is not HTTP: past the proxy");

static const struct key mcp_keys[] = {
    {VALUE(mcp_server, "url", url, struct mcp_url, type_mcp_url), .max = 300, .required = true,
     .doc = "where it is asked: https://HOST/PATH; its query may be anything"},
    {LIST_OF(mcp_server, "tools", tools, struct text, type_tool), .max = TOOL_LONGEST,
     .required = true,
     .doc = "the tools that may be called, by name, where * is any text: read_*; whatever else MCP "
            "has passes"},
    {LIST_OF(mcp_server, "addresses", addresses, struct cidr, type_cidr), .max = 49,
     .doc = "ranges of addresses that its host may have besides public ones: a company's own"},
    {TEXT(mcp_server, "owner", owner, type_text), .max = 100, .doc = "who answers for it"},
    {TEXT(mcp_server, "reason", reason, type_text), .max = 500, .doc = "what it is for"},
    {VALUE(mcp_server, "expires", expires, struct date, type_date), .max = 10,
     .doc = "the last day on which it holds, in UTC"},
};
OBJECT_TABLE(mcp, mcp_server, "an MCP server", "a remote MCP server, and which of its tools");

static const struct key authority_keys[] = {
    {TEXT(authority, "text", text, type_certificates), .max = MULTILINE_MAX,
     .doc = "certificates in PEM; this or source"},
    {TEXT(authority, "source", source, type_relative_path), .max = 255,
     .doc = "a file of them beside the spec, whose content is taken at render"},
    {LIST_OF(authority, "hosts", hosts, struct host_pattern, type_host_pattern), .max = 255,
     .absent_words = "every host", .doc = "the hosts whose certificates they may sign"},
};
OBJECT_TABLE(authority, authority, "an authority",
             "whose word the proxy takes for a server, besides the system's authorities");

static const struct key upstream_keys[] = {
    {VALUE(upstream, "proxy", proxy, struct proxy_place, type_proxy_place), .max = 300,
     .doc = "where it listens: http://HOST:PORT, or https://HOST:PORT where it is spoken to in "
            "TLS; without it there is none"},
    {NAME(upstream, "user", user, type_basic_user), .max = 100,
     .doc = "who the sandbox's proxy is to it (Basic)"},
    {VALUE(upstream, "password", password, struct source, type_source), .max = 300,
     .doc = "where that user's password is found, as a credential's source"},
    {LIST_OF(upstream, "addresses", addresses, struct cidr, type_cidr), .max = 49,
     .doc = "ranges of addresses that it may have besides public ones"},
    {LIST_OF(upstream, "except", except, struct host_pattern, type_host_pattern), .max = 255,
     .doc = "hosts that are connected to without it"},
};
OBJECT_TABLE(upstream, upstream, "an upstream",
             "a company's proxy, which what leaves goes through");

static const struct key network_keys[] = {
    {WORD(network, "enforcement", enforcement, enforcement), .absent = "\"enforce\"",
     .tighten = TIGHTEN_FIRST, .doc = "enforce, or audit: decide and log, but let pass"},
    {WORD(network, "engine", engine, engine), .absent = "\"auto\"",
     .doc = "the proxy's program: native is agent-sandbox-proxy; auto is native where the host has "
            "it (where Nix's modules apply: where inputs has agent-sandbox), else mitmproxy"},
    {VALUE(network, "capture", capture, bool, type_bool), .absent = "true",
     .doc =
         "whether programs that know no proxy are taken to it (Linux, with agent-sandbox-proxy): "
         "names are answered inside, and what is dialled goes to the proxy by its name"},
    {OBJECTS(network, "rules", written_rules, rule, rule_object),
     .doc = "what the proxy lets through; nothing else leaves"},
    {VALUE(network, "ask", ask, bool, type_bool), .absent_words = "false",
     .doc = "whether a request that no rule allows waits while an operator is asked, where one is "
            "there: see grants"},
    {LIST_OF(network, "ask_hosts", ask_hosts, struct host_pattern, type_host_pattern), .max = 255,
     .absent_words = "all that may be granted", .doc = "the hosts that are asked about"},
    {OBJECTS(network, "mcp", mcp, mcp_server, mcp_object),
     .doc = "remote MCP servers (Streamable HTTP): what is said to them is read, whichever rule "
            "lets it through, and tools are called that stand here, no others"},
    {OBJECTS(network, "cidrs", cidrs, cidr_rule, cidr_object),
     .doc = "destinations that are not HTTP, a database say"},
    {OBJECTS(network, "trust", trust, authority, authority_object),
     .doc = "certificate authorities of a company, which the proxy trusts towards servers"},
    {OBJECT(network, "upstream", upstream, upstream, upstream_object),
     .doc = "a company's proxy: whatever rules let through goes to it"},
    {LIST_OF(network, "local_ports", local_ports, int64_t, type_int), .min = 1, .max = 65535,
     .doc = "TCP services on the host's loopback that the agent may reach"},
    {LIST_OF(network, "publish", publish, int64_t, type_int), .min = 1024, .max = 65535,
     .doc = "the agent's own TCP servers that the operator may open on the host's loopback"},
};
OBJECT_TABLE(network, network, "the network", "what the agent may reach");

static const struct key inject_keys[] = {
    {NAME(inject, "header", header, type_header), .max = 100,
     .doc = "the secret is the value of this header"},
    {VALUE(inject, "bearer", bearer, bool, type_bool),
     .doc = "Authorization: Bearer and the secret"},
    {NAME(inject, "basic", basic, type_basic_user), .max = 100,
     .doc = "Authorization: Basic with this user and the secret; git over https"},
    {NAME(inject, "query", query, type_word), .max = 100,
     .doc = "the secret is this query parameter"},
    {TEXT(inject, "authorization", authorization, type_auth_scheme), .max = 100,
     .doc = "Authorization: this word and the secret"},
    {VALUE(inject, "path", path, bool, type_bool),
     .doc =
         "the secret takes the placeholder's place in a segment of the path, behind the decision; "
         "implies ask"},
    {TEXT(inject, "json", json, type_json_pointer), .max = 200,
     .doc =
         "the secret is the string that this JSON pointer leads to in a body of JSON, of at most "
         "1 MiB: /auth/key"},
    {VALUE(inject, "aws", aws, bool, type_bool),
     .doc = "AWS Signature Version 4: what a client signed with the placeholder as its key's id is "
            "signed again; the secret is KEYID:SECRET or KEYID:SECRET:SESSIONTOKEN; implies ask"},
};
const struct object inject_object = {"an injection",
                                     inject_keys,
                                     sizeof inject_keys / sizeof *inject_keys,
                                     sizeof(struct inject),
                                     AT(inject, at, written),
                                     "how the proxy puts the secret into a request",
                                     NULL};

static const struct key credential_keys[] = {
    {NAME(credential, "name", name, type_word), .max = 60, .required = true,
     .doc = "what it is called in reviews and logs"},
    {VALUE(credential, "source", source, struct source, type_source), .max = 300, .required = true,
     .doc = "where the proxy finds it: file:/PATH, systemd:NAME, keychain:NAME or "
            "command:/PROGRAM WORD..., which apply and secrets run"},
    {LIST_OF(credential, "hosts", hosts, struct host_pattern, type_host_pattern), .max = 255,
     .required = true, .doc = "the only hosts that ever receive it, over https"},
    {LIST_OF(credential, "paths", paths, struct text, type_url_path), .max = 500,
     .absent_words = "every path that a rule allows",
     .doc =
         "the only paths whose requests get it, written as a rule's; two credentials of one host "
         "are told apart by them"},
    {VALUE(credential, "ask", ask, bool, type_bool),
     .doc = "whether only requests that carry the placeholder in its place get it; in the others "
            "that place is emptied, as always"},
    {OBJECT(credential, "inject", inject, inject, inject_object), .required = true,
     .doc = "how it gets into a request: exactly one key"},
    {VALUE(credential, "requests", ceilings.requests, struct rate, type_rate), .max = 11,
     .doc =
         "into how many it goes in each second, minute, hour or day, in UTC, whichever rules let "
         "them through: 60/m"},
    {VALUE(credential, "bytes", ceilings.bytes, struct rate, type_byte_rate), .max = 9,
     .doc = "how much their bodies and those of their answers may have together: 500MiB/d"},
    {VALUE(credential, "tokens", ceilings.tokens, struct rate, type_rate), .max = 15,
     .doc = "how many tokens their answers may say that they cost (usage): 2000000/d"},
    {NAME(credential, "env", env, type_variable_name), .max = 100,
     .doc = "the agent's environment variable that holds the placeholder"},
    {TEXT(credential, "placeholder", placeholder, type_placeholder), .min = 8, .max = 500,
     .absent_words = "placeholder-SANDBOX-NAME",
     .doc = "what the agent holds instead; shaped so that its tool accepts it"},
};
OBJECT_TABLE(credential, credential, "a credential", "a secret that only the proxy holds");

static const struct key limits_keys[] = {
    {INT(limits, "memory", memory, type_size), .max = 20, .tighten = TIGHTEN_LOWER,
     .absent_words = "three quarters of the machine's, on Linux",
     .doc = "memory of all the agent's processes together"},
    {INT(limits, "cpus", cpus, type_int), .min = 1, .max = 1024, .tighten = TIGHTEN_LOWER,
     .doc = "processors, counted whole"},
    {INT(limits, "tasks", tasks, type_int), .min = 16, .max = 4194304, .tighten = TIGHTEN_LOWER,
     .absent_words = "4096, on Linux", .doc = "processes and threads"},
    {INT(limits, "session", session, type_duration), .max = 20, .tighten = TIGHTEN_LOWER,
     .doc = "how long one session may last"},
    {INT(limits, "disk", disk, type_size), .max = 20, .tighten = TIGHTEN_LOWER,
     .doc = "disk space of the agent's home"},
};
OBJECT_TABLE(limits, limits, "limits", "what the agent may use up");

static const struct key signer_keys[] = {
    {NAME(signer, "name", name, type_word), .max = 60, .required = true,
     .doc = "what the signer is called in messages"},
    {VALUE(signer, "key", key, struct public_key, type_public_key), .max = 1500, .required = true,
     .doc = "the public key, as it stands in a .pub file of ssh-keygen"},
};
OBJECT_TABLE(signer, signer, "a signer", "one whose signature apply takes");

static const struct key signing_need_keys[] = {
    {WORD(signing_need, "change", change, signed_change), .required = true,
     .doc = "any; widening: more than the agent may do so far; credential, relaxation: of that, a "
            "new or wider credential, a guarantee that is relaxed (relax, unenforced, audit)"},
    {INT(signing_need, "signatures", signatures, type_int), .min = 1, .max = 20, .absent = "1",
     .doc = "how many people must have signed or approved it"},
    {LIST_OF(signing_need, "of", of, struct name, type_word), .max = 60,
     .absent_words = "whoever is in allowed", .doc = "which signers count, by their names"},
};
OBJECT_TABLE(signing_need, signing_need, "a need of signatures", "who must sign what changes");

static const struct key signing_keys[] = {
    {TEXT(signing, "key", key, type_key_path), .max = 255,
     .doc = "the ssh key that render signs with where it finds it, /PATH or ~/PATH; --sign "
            "overrides it"},
    {OBJECTS(signing, "allowed", allowed, signer, signer_object),
     .doc = "the signers one of whom must have signed what apply takes from then on; none: no "
            "signature is needed"},
    {OBJECTS(signing, "require", require, signing_need, signing_need_object),
     .doc = "how many signatures, and whose, apply asks for by what a generation changes: each of "
            "these that fits; approve adds one"},
};
OBJECT_TABLE(signing, signing, "signing", "who signs the generations");

static const struct key ssh_server_keys[] = {
    {VALUE(ssh_server, "host", host, struct host_pattern, type_host_pattern), .max = 255,
     .required = true, .doc = "an exact host"},
    {INT(ssh_server, "port", port, type_int), .min = 1, .max = 65535, .absent = "22",
     .doc = "its port of ssh, which the proxy then lets through"},
    {LIST_OF(ssh_server, "keys", keys, struct public_key, type_public_key), .max = 3000,
     .doc = "the host's own public keys, by which it is known: ssh-keyscan prints them, and they "
            "have to be compared with what its owner publishes"},
};
OBJECT_TABLE(ssh_server, ssh_server, "a host of ssh",
             "a host that the agent may log in to by ssh, git's say");

static const struct key ssh_keys[] = {
    {OBJECTS(ssh, "hosts", hosts, ssh_server, ssh_server_object),
     .doc = "hosts that the agent may log in to by ssh, with a key that it never holds"},
    {LIST_OF(ssh, "keys", keys, struct public_key, type_public_key), .max = 3000,
     .doc = "the operators' public keys that may be used for it, of those that the ssh-agent of "
            "who started the session holds"},
    {VALUE(ssh, "sign_commits", sign_commits, bool, type_bool), .absent = "false",
     .doc = "whether they also sign what git signs: commits and tags, and whatever else the agent "
            "says is one"},
};
OBJECT_TABLE(ssh, ssh, "ssh", "what a session may ask of its operator's ssh-agent (Linux)");

static const struct key terminal_keys[] = {
    {WORD(terminal, "clipboard", clipboard, clipboard), .absent_words = "never",
     .doc =
         "write: what a session prints (OSC 52) may write the clipboard of who looks at it, with "
         "text; nothing reads it"},
    {WORD(terminal, "notify", notify, notify), .absent_words = "local",
     .doc = "whose desktop says that a session rings, sends a notice or has ended while nobody "
            "types there: local: of who did not come by ssh"},
};
OBJECT_TABLE(terminal, terminal, "the terminal",
             "what a session may do with its operator's terminal, besides showing itself there");

static const struct key test_keys[] = {
    {TEXT(policy_test, "request", request, type_request), .max = 2000,
     .doc = "a method and a URL: POST https://example.org/x; this or connect"},
    {TEXT(policy_test, "connect", connect, type_place), .max = 300,
     .doc = "a host and a port that bytes are passed on to unread, as rules of tcp and tls do"},
    {WORD(policy_test, "expect", expect, expectation), .required = true,
     .doc = "allow, or deny: what the rules must say to it"},
    {NAME(policy_test, "credential", credential, type_word), .max = 60,
     .doc = "the credential that the request must get (where it asks for it)"},
    {TEXT(policy_test, "tool", tool, type_tool), .max = TOOL_LONGEST,
     .doc = "the tool of an MCP server that the request calls: POST https://mcp.example.org/mcp"},
};
OBJECT_TABLE(test, policy_test, "a test", "what the rules must say to one request");

static const struct key require_keys[] = {
    {LIST_OF(require, "rules", rules, enum required, type_required),
     .doc = "what every rule must say: owner, reason, expires"},
    {INT(require, "lifetime", lifetime, type_lifetime), .max = 20, .tighten = TIGHTEN_LOWER,
     .stricter = true,
     .doc = "how many days from today every rule's \"expires\" may lie at most: 90d; of two "
            "specs, the shorter one holds"},
    {VALUE(require, "bases", bases, enum required_bases, type_required_bases), .max = 20,
     .absent_words = "not asked",
     .doc = "signed: what is extended from git must be a commit that one of signing.allowed has "
            "signed"},
};
OBJECT_TABLE(require, require, "a requirement", "what is asked of every rule and base");
static const struct key base_keys[] = {
    {TEXT(base, "url", url, type_git_url), .max = 1000, .required = true,
     .doc = "its repository: git+https:, git+ssh: or git+file:"},
    {TEXT(base, "ref", ref, type_git_ref), .max = 200, .absent_words = "the repository's HEAD",
     .doc = "the branch or tag that agent-sandbox update follows"},
    {TEXT(base, "path", path, type_tree_path), .max = 255, .required = true,
     .doc = "the spec's file in it"},
    {NAME(base, "rev", rev, type_rev), .max = 40, .absent_words = "written by agent-sandbox update",
     .doc = "the commit, which alone is read"},
    {TEXT(base, "narHash", hash, type_nar_hash), .absent_words = "written by agent-sandbox update",
     .doc = "the hash of that commit's files, as Nix computes it"},
};
OBJECT_TABLE(base, base, "a pinned base", "a spec in a git repository, at one commit");

static const struct key acceptance_keys[] = {
    {VALUE(acceptance, "finding", finding, enum finding_kind, type_finding), .required = true,
     .doc = "what lint calls it"},
    {TEXT(acceptance, "of", of, type_text), .max = 255, .required = true,
     .doc = "what it was found of, as lint says it: a rule's host or repository, a range of "
            "addresses, a credential"},
    {TEXT(acceptance, "reason", reason, type_text), .max = 500, .required = true,
     .doc = "why it may stay as it is"},
};
OBJECT_TABLE(acceptance, acceptance, "an acceptance", "a finding of lint that may stay");

static const struct key spec_keys[] = {
    {TEXT(spec, "$schema", schema, type_text), .max = 1000,
     .doc = "for editors: where this schema's file is; not read"},
    {INT(spec, "version", version, type_int), .min = 1, .max = 1, .required = true,
     .doc = "the version of this format"},
    {NAME(spec, "name", name, type_sandbox_name), .max = 20, .required = true,
     .doc = "the sandbox's name; users, units and files are called after it"},
    {OBJECTS(spec, "extends", extends, base, base_object), .type = &type_spec_path, .max = 255,
     .doc = "specs that this one builds on, files, shipped:npm and its like, or pinned ones of git "
            "repositories: lists are united, a nearer value wins"},
    {LIST_OF(spec, "lock", lock, struct name, type_lock), .max = 60,
     .doc = "keys that a spec which extends this one may only tighten"},
    {OBJECT(spec, "require", require, require, require_object),
     .doc = "what every rule has to say, of this spec and of those that extend it, which can only "
            "ask for more; rules that are shipped need no \"expires\""},
    {LIST_OF(spec, "agents", agents, struct name, type_word), .max = 60,
     .doc = "agents whose presets (packages, rules, dotfiles) are merged in"},
    {VALUE(spec, "instructions", instructions, bool, type_bool), .absent = "true",
     .doc = "whether the presets tell their agents of the sandbox around them, and to look into "
            "/run/agent-sandbox/policy.json before they try"},
    {LIST_OF(spec, "managed", managed, enum managed, type_managed), .tighten = TIGHTEN_MORE,
     .doc = "agents whose own settings for administrators apply writes on the host: there they are "
            "held by the same hosts outside of the sandbox, too"},
    {OBJECT(spec, "user", user, user, user_object), .doc = "the user that the agent runs as"},
    {LIST_OF(spec, "operators", operators, struct text, type_operator), .max = 255,
     .doc = "users who may start the agent and share its workspaces"},
    {MAP_OF(spec, "hosts", hosts, host, host_object, type_host_name),
     .doc = "the machines it is meant for; none: any plain Linux or macOS machine"},
    {WORD(spec, "unenforced", unenforced, unenforced), .absent = "\"refuse\"",
     .tighten = TIGHTEN_FIRST,
     .doc = "what to do about a wish that a host cannot enforce: refuse, or accept and state it"},
    {OBJECT(spec, "packages", packages, packages, packages_object),
     .doc = "the tools that the agent finds"},
    {MAP_OF(spec, "inputs", inputs, input, input_object, type_input),
     .absent_words = "the pins that this version ships",
     .doc =
         "the emitted flake's inputs, pinned; of agent-sandbox, this project's own flake, no pin "
         "is shipped: it brings agent-sandbox-proxy to where Nix's modules apply"},
    {MAP_OF(spec, "dotfiles", dotfiles, dotfile, dotfile_object, type_dotfile_path),
     .at_offset = AT(spec, dotfiles_at, written), .doc = "files in the agent's home, by path"},
    {.name = "environment",
     .form = MAP,
     .type = &type_text,
     .map_key = &type_variable_name,
     .offset = AT(spec, environment.v, struct variable *),
     .item_size = sizeof(struct variable),
     .value_offset = AT(variable, value, struct text),
     .at_offset = AT(spec, environment_at, written),
     .max = STRING_MAX,
     .doc = "environment variables of the agent"},
    {OBJECT(spec, "git", git, git, git_object), .doc = "who the agent's commits are by"},
    {OBJECTS(spec, "workspaces", workspaces, workspace, workspace_object),
     .doc = "folders that agent and operators share"},
    {LIST_OF(spec, "hide", files.hide, struct text, type_file_pattern), .max = FILE_PATTERN_LONGEST,
     .tighten = TIGHTEN_MORE,
     .doc = "files and folders of the workspaces that no session sees, by patterns as in a "
            ".gitignore: .env, *.pem, secrets/, a/b, **/c"},
    {LIST_OF(spec, "protect", files.protect, struct text, type_file_pattern),
     .max = FILE_PATTERN_LONGEST, .tighten = TIGHTEN_MORE,
     .doc = "those that a session reads and does not write, by the same patterns, besides what "
            "operators' tools run by themselves: .envrc, .vscode/, .github/workflows/ and more"},
    {LIST_OF(spec, "unprotect", files.unprotect, struct text, type_file_pattern),
     .max = FILE_PATTERN_LONGEST,
     .doc = "of what is protected without being asked what the agent may write, as the list calls "
            "it: .vscode/"},
    {OBJECT(spec, "projects", projects, projects, projects_object),
     .doc = "folders below which each is a workspace, for a session begun in it (Linux)"},
    {OBJECT(spec, "network", network, network, network_object),
     .doc = "what the agent may reach; without it, nothing"},
    {OBJECT(spec, "grants", grants, grants, grants_object),
     .doc = "who may let a single thing through for a while, and what"},
    {LIST_OF(spec, "relax", relax, struct relax, type_relax), .max = 300,
     .doc = "guarantees relaxed for work that needs it, each stated in the README"},
    {OBJECTS(spec, "credentials", credentials, credential, credential_object),
     .doc = "secrets that the proxy puts into requests, so that the agent never holds them"},
    {OBJECTS(spec, "logins", logins, login, login_object), .type = &type_login, .max = 60,
     .doc =
         "accounts that the agent is logged in to without ever holding a token, presets (claude, "
         "chatgpt, google, github-copilot) or a service's own words; needs agent-sandbox-proxy"},
    {LIST_OF(spec, "not_secrets", not_secrets, struct text, type_look_alike), .min = LOOK_ALIKE_MIN,
     .max = LOOK_ALIKE_MAX,
     .doc = "texts that only look like secrets, each as the error names it and whole: an example, "
            "a public key's id; each must be there"},
    {OBJECT(spec, "limits", limits, limits, limits_object), .doc = "what the agent may use up"},
    {OBJECT(spec, "signing", signing, signing, signing_object),
     .doc = "who signs the generations, and whose signature apply asks for"},
    {OBJECT(spec, "ssh", ssh, ssh, ssh_object),
     .doc = "git over ssh and signed commits, with the operator's keys and without holding one"},
    {OBJECT(spec, "terminal", terminal, terminal, terminal_object),
     .doc = "what of a session's output has an effect outside the screen that it is shown on"},
    {OBJECTS(spec, "tests", tests, policy_test, test_object),
     .doc = "what the rules must say to these requests: check fails where they do not, in every "
            "spec that extends this one, too"},
    {OBJECTS(spec, "accept", accept, acceptance, acceptance_object),
     .doc = "findings of lint that may stay, each with its reason"},
};

const struct object spec_object = {"the spec",
                                   spec_keys,
                                   sizeof spec_keys / sizeof *spec_keys,
                                   sizeof(struct spec),
                                   AT(spec, at, written),
                                   "one sandbox",
                                   NULL};

/* Names of one or two parts are all that can be locked. */
const struct key *schema_find(const char *dotted, struct words_nearest *nearest) {
    static _Thread_local char full[64]; /* nearest->best points here until the next call */
    const struct key *found = NULL;
    struct words_nearest local = {.wanted = dotted};
    for (size_t i = 0; i < spec_object.count; i++) {
        const struct key *key = &spec_object.keys[i];
        if (strcmp(key->name, dotted) == 0)
            found = key;
        words_offer(&local, key->name);
        size_t n = strlen(key->name);
        if (key->form != ONE || !key->object)
            continue;
        for (size_t k = 0; k < key->object->count; k++) {
            const struct key *inner = &key->object->keys[k];
            if (strncmp(dotted, key->name, n) == 0 && dotted[n] == '.' &&
                strcmp(dotted + n + 1, inner->name) == 0)
                found = inner;
            char candidate[sizeof full];
            size_t m = strlen(inner->name);
            if (n + 1 + m >= sizeof candidate)
                continue;
            memcpy(candidate, key->name, n);
            candidate[n] = '.';
            memcpy(candidate + n + 1, inner->name, m + 1);
            const char *before = local.best;
            words_offer(&local, candidate);
            if (local.best != before) {
                memcpy(full, candidate, sizeof full);
                local.best = full;
            }
        }
    }
    if (nearest)
        *nearest = local;
    return found;
}

/* A list's members are a pointer and a count, whatever its items are; all object pointers have one
 * representation (POSIX.1-2017, System Interfaces, 2.12.3). */
struct any_list {
    const char *v;
    size_t n;
};

static struct any_list list_at(const void *member) {
    struct any_list list;
    memcpy(&list, member, sizeof list);
    return list;
}

static bool key_is_set(const struct key *key, const void *member);

static bool any_set(const struct object *object, const void *value) {
    for (size_t i = 0; i < object->count; i++)
        if (key_is_set(&object->keys[i], (const char *)value + object->keys[i].offset))
            return true;
    return false;
}

static bool key_is_set(const struct key *key, const void *member) {
    if (key->form != ONE)
        return list_at(member).n > 0 || (key->keeps_empty && list_at(member).v);
    if (key->object)
        return any_set(key->object, member);
    return key->absent || key->type->is_set(member); /* false, where true is what no word means */
}

void schema_write_item(struct json_writer *j, const struct key *key, const void *item) {
    if (key->object && !(key->type && key->type->is_set(item)))
        schema_write(j, key->object, item);
    else
        key->type->write(j, item);
}

static void write_map(struct json_writer *j, const struct key *key, const void *member) {
    struct any_list list = list_at(member);
    jw_object(j);
    for (size_t i = 0; i < list.n; i++) {
        const char *item = list.v + i * key->item_size;
        jw_key_name(j, *(const struct name *)(const void *)item);
        schema_write_item(j, key, item + key->value_offset);
    }
    jw_end(j);
}

static void write_list(struct json_writer *j, const struct key *key, const void *member) {
    struct any_list list = list_at(member);
    jw_array(j);
    for (size_t i = 0; i < list.n; i++)
        schema_write_item(j, key, list.v + i * key->item_size);
    jw_end(j);
}

void schema_write(struct json_writer *j, const struct object *object, const void *value) {
    jw_object(j);
    for (size_t i = 0; i < object->count; i++) {
        const struct key *key = &object->keys[i];
        const void *member = (const char *)value + key->offset;
        if (!key_is_set(key, member) && !key->required)
            continue;
        jw_key_name(j, (struct name){key->name});
        if (key->form == MAP)
            write_map(j, key, member);
        else if (key->form == LIST)
            write_list(j, key, member);
        else
            schema_write_item(j, key, member);
    }
    jw_end(j);
}
