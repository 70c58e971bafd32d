#include "base/calendar.h"
#include "base/die.h"
#include "cmd/command.h"
#include "cmd/new_file.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- from when to when -- */

static void spell(time_t seconds, char out[DECISIONS_TIME]) {
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(out, DECISIONS_TIME, "%Y-%m-%dT%H:%M:%S", &utc);
}

/* "7d", "12h", "30m": so long ago. */
static bool read_ago(const char *text, char out[DECISIONS_TIME]) {
    static const char units[] = "mhd";
    static const long seconds[] = {60, 3600, 86400};
    size_t n = strspn(text, "0123456789");
    const char *unit = text[n] ? strchr(units, text[n]) : NULL;
    if (!n || n > 6 || !unit || text[n + 1])
        return false;
    spell(calendar_now() - strtol(text, NULL, 10) * seconds[unit - units], out);
    return true;
}

/* "2026-01-31", with a time of the day behind it: THH:MM or THH:MM:SS. */
static bool read_time(const char *text, char out[DECISIONS_TIME]) {
    static const char form[] = "0000-00-00T00:00:00", rest[] = "T00:00:00";
    size_t n = strlen(text);
    if (n != 10 && n != 16 && n != 19)
        return false;
    for (size_t i = 0; i < n; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
                           : text[i] != form[i] && !(i == 10 && text[i] == ' '))
            return false;
    snprintf(out, DECISIONS_TIME, "%s%s", text, rest + n - 10);
    out[10] = 'T';
    return calendar_exists(atoi(out), atoi(out + 5), atoi(out + 8)) && atoi(out + 11) < 24 &&
           atoi(out + 14) < 60 && atoi(out + 17) < 60;
}

static bool read_when(const char *option, const char *text, char out[DECISIONS_TIME]) {
    *out = '\0';
    if (!text || read_ago(text, out) || read_time(text, out))
        return true;
    command_fail(EXIT_WRONG,
                 "--%s \"%s\" is no time: 2026-01-31, 2026-01-31T12:00, or 7d, 12h, 30m for so "
                 "long ago",
                 option, text);
    return false;
}

/* -- the log -- */

static const char *read_file(const char *path, struct report *report) {
    bool input = strcmp(path, "-") == 0;
    int descriptor = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    const char *why = descriptor < 0 ? strerror(errno) : report_read(report, descriptor);
    if (descriptor >= 0 && !input)
        close(descriptor);
    return why;
}

/* What agent-sandbox logs prints, of this program. */
static _Noreturn void become_logs(const struct call *call, int out) {
    char *words[] = {"agent-sandbox", "logs", NULL, NULL, NULL, NULL};
    size_t n = 2;
    if (call->sandbox) {
        words[n++] = "-s";
        words[n++] = (char *)call->sandbox;
    }
    words[n] = "--json";
    if (dup2(out, STDOUT_FILENO) < 0)
        _exit(1);
    _exit(agent_sandbox((int)n + 1, words));
}

static enum exit_code read_sandbox(const struct call *call, struct report *report) {
    int ends[2], status = 0;
    fflush(stdout);
    if (pipe(ends) < 0)
        return command_fail(EXIT_FAILED, "can't make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_logs(call, ends[1]);
    }
    close(ends[1]);
    const char *why = child < 0 ? strerror(errno) : report_read(report, ends[0]);
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (why)
        return command_fail(EXIT_FAILED, "the log can't be read: %s", why);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EXIT_DONE;
    return WIFEXITED(status) ? (enum exit_code)WEXITSTATUS(status) : EXIT_FAILED;
}

/* -- the command -- */

static enum exit_code read_log(const struct call *call, struct report *report) {
    if (!call->log)
        return read_sandbox(call, report);
    const char *why = read_file(call->log, report);
    if (why)
        return command_fail(EXIT_WRONG, "%s: %s", call->log, why);
    if (!report_tally(report)->decisions)
        return command_fail(EXIT_WRONG,
                            "%s: none of its %zu lines is a decision of the proxy's, as "
                            "agent-sandbox logs --json prints them",
                            call->log, report_tally(report)->lines);
    return EXIT_DONE;
}

static enum exit_code write_page(const struct call *call, const struct report *report) {
    struct buf page BUF_CLEANUP = {0};
    report_page(report, (struct text){call->log ? call->log : "agent-sandbox logs"}, &page);
    if (call->output && strcmp(call->output, "-") != 0)
        return new_file(call->output, 0644, page.data, page.len);
    fwrite(page.data, 1, page.len, stdout);
    return EXIT_DONE;
}

enum exit_code run_report(const struct call *call) {
    char since[DECISIONS_TIME], until[DECISIONS_TIME];
    if (call->log && call->sandbox)
        return command_fail(EXIT_WRONG, "report takes --log or --sandbox, not both");
    if (!read_when("since", call->since, since) || !read_when("until", call->until, until))
        return EXIT_WRONG;
    if (*since && *until && strcmp(since, until) >= 0)
        return command_fail(EXIT_WRONG, "--until %s does not lie behind --since %s", call->until,
                            call->since);
    struct report *report = report_new(since, until);
    enum exit_code code = read_log(call, report);
    if (code == EXIT_DONE)
        code = write_page(call, report);
    report_free(report);
    return code;
}
