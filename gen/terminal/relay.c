#include "terminal/relay.h"
#include "terminal/filter.h"
#include "terminal/replies.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    KEYS = 4096,
    MOST_KEYS = 1024,
    CHUNK = 16 * 1024,
    ALL_AT_ONCE = 2048,
    LAST_ANSWER = 300 /* ms */,
    LOOKS_ON = 10 /* s */
};

static const int watched[] = {SIGCHLD, SIGWINCH, SIGTSTP, SIGCONT, SIGHUP, SIGINT, SIGTERM};

static struct {
    int woken[2]; /* a pipe that signals write to: one byte each, its number */
    struct relay *relay;
    char keys[KEYS]; /* typed, and not taken by the command yet */
    size_t typed;
    bool ended, no_output, no_screen, typed_once;
    struct timespec typed_at;
    int status;
    struct replies replies;
    struct filter filter;
} own;

static void note(int number) {
    int before = errno;
    char byte = (char)number;
    if (write(own.woken[1], &byte, 1) < 0) {
        /* The pipe is full: whoever reads it looks at everything. */
    }
    errno = before;
}

static void be_raw(void) {
    struct termios raw = own.relay->found;
    cfmakeraw(&raw);
    tcsetattr(0, TCSADRAIN, &raw);
}

static void put_back(void) {
    tcsetattr(0, TCSADRAIN, &own.relay->found);
}

static void hang_up(void) {
    if (own.relay->master >= 0)
        close(own.relay->master);
    own.relay->master = -1;
}

static void resize(void) {
    struct winsize size;
    if (own.relay->master >= 0 && !ioctl(0, TIOCGWINSZ, &size))
        ioctl(own.relay->master, TIOCSWINSZ, &size);
}

/* Somebody else stops us: the shell that goes on gets its terminal as it was. */
static void stop(void) {
    put_back();
    raise(SIGSTOP);
}

static void reap(void) {
    if (!own.ended && waitpid(own.relay->child, &own.status, WNOHANG) == own.relay->child)
        own.ended = true;
}

static void obey(int number) {
    switch (number) {
    case SIGCHLD:
        reap();
        break;
    case SIGWINCH:
        resize();
        break;
    case SIGTSTP:
        stop();
        break;
    case SIGCONT:
        be_raw();
        resize();
        break;
    default:
        hang_up();
    }
}

/* The operator's terminal is others' as well, so it may not block. */
static void show(void *to, const char *bytes, size_t length) {
    (void)to;
    while (length && !own.no_screen) {
        ssize_t wrote = write(1, bytes, length);
        if (wrote < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = 1, .events = POLLOUT}, 1, -1);
        else if (wrote < 0 && errno != EINTR)
            own.no_screen = true;
        else if (wrote > 0) {
            bytes += wrote;
            length -= (size_t)wrote;
        }
    }
}

static void send_event(const char *line, size_t length) {
    if (own.relay->events >= 0 && write(own.relay->events, line, length) < 0 && errno != EAGAIN)
        own.relay->events = -1;
}

/* Whoever has just typed looks at it anyway, and many a bell says no more than that a key does
 * nothing. */
static bool somebody_types(void) {
    struct timespec now;
    return own.typed_once && !clock_gettime(CLOCK_MONOTONIC, &now) &&
           now.tv_sec - own.typed_at.tv_sec < LOOKS_ON;
}

static void tell(void) {
    char line[2 + FILTER_NOTICE_TEXT + 1] = "n ";
    size_t length = own.filter.notice_length;
    bool bell = own.filter.seen & FILTER_BELL, notice = own.filter.seen & FILTER_NOTICE;
    own.filter.seen = 0;
    if (own.relay->events < 0 || somebody_types())
        return;
    if (bell)
        send_event("b\n", 2);
    memcpy(line + 2, own.filter.notice, length);
    line[2 + length] = '\n';
    if (notice)
        send_event(line, 2 + length + 1);
}

/* What the command printed; false where nothing more comes. */
static bool take_output(void) {
    static char chunk[CHUNK];
    size_t length = 0;
    ssize_t got;
    /* A terminal gives less at once than there may be. */
    do {
        got = read(own.relay->master, chunk + length, sizeof chunk - length);
        length += got > 0 ? (size_t)got : 0;
    } while (got >= ALL_AT_ONCE && length < sizeof chunk);
    if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
        own.no_output = true; /* EIO: nobody has the other side open */
    if (length)
        filter_take(&own.filter, chunk, length);
    if (own.filter.seen)
        tell();
    if (own.no_screen)
        hang_up();
    return own.relay->master >= 0 && !own.no_output;
}

static bool has_room(void) {
    return sizeof own.keys - own.typed >= REPLIES_ROOM(MOST_KEYS);
}

static void take_keys(void) {
    char keys[MOST_KEYS];
    ssize_t got = read(0, keys, sizeof keys);
    if (got > 0) {
        own.typed_once = !clock_gettime(CLOCK_MONOTONIC, &own.typed_at);
        own.typed +=
            replies_take(&own.replies, &own.filter.asked, keys, (size_t)got, own.keys + own.typed);
    } else if (!got || (errno != EAGAIN && errno != EINTR))
        hang_up(); /* the operator's terminal is gone */
}

static void type_keys(void) {
    ssize_t put = write(own.relay->master, own.keys, own.typed);
    if (put > 0) {
        own.typed -= (size_t)put;
        memmove(own.keys, own.keys + put, own.typed);
    }
}

static void one_round(void) {
    struct pollfd at[] = {
        {.fd = own.woken[0], .events = POLLIN},
        {.fd = has_room() && own.relay->master >= 0 ? 0 : -1, .events = POLLIN},
        {.fd = own.no_output ? -1 : own.relay->master,
         .events = (short)(POLLIN | (own.typed ? POLLOUT : 0))},
    };
    int ready = poll(at, 3, own.replies.length ? REPLY_WAIT : -1);
    if (ready < 0)
        return;
    if (!ready && has_room())
        own.typed += replies_give_up(&own.replies, own.keys + own.typed);
    char signals[64];
    ssize_t count = at[0].revents ? read(own.woken[0], signals, sizeof signals) : 0;
    for (ssize_t i = 0; i < count; i++)
        obey(signals[i]);
    if (own.relay->master < 0)
        return;
    if (at[1].revents)
        take_keys();
    if (own.relay->master >= 0 && (at[2].revents & POLLOUT))
        type_keys();
    if (own.relay->master >= 0 && (at[2].revents & (POLLIN | POLLHUP | POLLERR)))
        take_output();
}

/* What was printed before the end; of what still holds the terminal open, nothing is awaited. */
static void show_rest(void) {
    struct pollfd at = {.fd = own.relay->master, .events = POLLIN};
    while (at.fd >= 0 && !own.no_output && poll(&at, 1, 0) > 0 &&
           (at.revents & (POLLIN | POLLHUP)) && take_output())
        ;
}

/* What the terminal was asked, or types on its own, must not come to whoever reads it next: it
 * answers in order, so one answer more tells that all have come. */
static void await_answers(void) {
    static const char ask[] = "\033[c";
    char typed[MOST_KEYS], keys[REPLIES_ROOM(MOST_KEYS)];
    struct questions last = {.queue = {ASKED_WHAT}, .count = 1};
    struct pollfd at = {.fd = 0, .events = POLLIN};
    show(NULL, ask, sizeof ask - 1);
    while (!own.no_screen && last.count && poll(&at, 1, LAST_ANSWER) > 0) {
        ssize_t got = read(0, typed, sizeof typed);
        if (got <= 0)
            return;
        replies_take(&own.replies, &last, typed, (size_t)got, keys);
    }
}

static void begin(void) {
    if (pipe(own.woken))
        _exit(1);
    for (int i = 0; i < 2; i++) {
        fcntl(own.woken[i], F_SETFL, O_NONBLOCK);
        fcntl(own.woken[i], F_SETFD, FD_CLOEXEC);
    }
    /* The operator's terminal is others' as well: only ours does not block. */
    fcntl(own.relay->master, F_SETFL, O_NONBLOCK);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        sigaction(watched[i], &(struct sigaction){.sa_handler = note, .sa_flags = SA_RESTART},
                  NULL);
    /* Whoever reads of events may end before us. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    own.filter.show = show;
    own.filter.clipboard = own.relay->clipboard;
    own.filter.answers = true;
    filter_begin(&own.filter);
}

int relay_run(struct relay *relay) {
    own.relay = relay;
    begin();
    be_raw();
    resize();
    reap();
    while (!own.ended)
        one_round();
    show_rest();
    if (filter_end(&own.filter))
        await_answers();
    put_back();
    return WIFSIGNALED(own.status) ? 128 + WTERMSIG(own.status) : WEXITSTATUS(own.status);
}

int relay_pipe(bool clipboard) {
    static char chunk[CHUNK];
    own.filter.show = show;
    own.filter.clipboard = clipboard;
    filter_begin(&own.filter);
    for (;;) {
        ssize_t got = read(0, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || own.no_screen)
            break;
        filter_take(&own.filter, chunk, (size_t)got);
    }
    filter_end(&own.filter);
    return own.no_screen;
}
