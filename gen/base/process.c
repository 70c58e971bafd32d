#include "base/process.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What other programs are told of ours; a star ends a name that begins so. How a remote is reached
 * and the user is asked is the user's to say. Which repository it is, is ours: a hook, from which
 * we may be run, has GIT_DIR and its like set for the repository that it belongs to. */
static const char *const kept[] = {
    /* the user and the terminal */
    "HOME", "USER", "LOGNAME", "PATH", "TMPDIR", "TERM", "LANG", "LANGUAGE", "LC_*", "TZ",
    "NO_COLOR", "XDG_*",
    /* keys, and who is asked for a password */
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER",
    "GNUPGHOME", "GPG_TTY", "KRB5*", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS", "GIT_ASKPASS", "GIT_TERMINAL_PROMPT",
    /* the way to a remote, and the user's own settings of git */
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "CURL_CA_BUNDLE", "http_proxy", "https_proxy",
    "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

static bool is_kept(const char *variable) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        size_t n = strcspn(kept[i], "*");
        if (strncmp(variable, kept[i], n) == 0 && (kept[i][n] == '*' || variable[n] == '='))
            return strstr(variable, "=" PROCESS_NO_CERTIFICATES) == NULL;
    }
    return false;
}

/* The caller frees it; its strings are the environment's own. */
static char **make_environment(void) {
    size_t count = 0, n = 0;
    while (environ[count])
        count++;
    char **own = must_alloc((count + 1) * sizeof *own);
    for (size_t i = 0; i < count; i++)
        if (is_kept(environ[i]))
            own[n++] = environ[i];
    own[n] = NULL;
    return own;
}

static int start(char *const argv[], FILE *in, FILE *out, bool errors, pid_t *child) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    if (in)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
    if (!error && out)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    if (!error && !errors)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    char **environment = make_environment();
    if (!error)
        error = posix_spawnp(child, argv[0], &actions, NULL, argv, environment);
    free(environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int process_run(char *const argv[], FILE *in, FILE *out, bool errors) {
    pid_t child;
    int status = 0;
    fflush(stdout);
    int error = start(argv, in, out, errors, &child);
    if (error) {
        fprintf(stderr, "agent-sandbox: can't run %s: %s\n", argv[0], strerror(error));
        return -1;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
