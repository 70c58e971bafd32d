/* What this asks of Linux once it reads what a sandbox prints (seccomp(2)): bytes from and to what
 * is open, the sizes and settings of terminals, signals, its end. No file, no process, no socket;
 * and nothing that types into a terminal (TIOCSTI). */
#include "terminal/rights.h"

/* A sanitizer asks for more. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) &&                         \
    !defined(__SANITIZE_ADDRESS__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __x86_64__
#define OURS AUDIT_ARCH_X86_64
#else
#define OURS AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define PASSES(value)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, 1), RETURN(SECCOMP_RET_ALLOW)
#define REFUSED RETURN(SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter program[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    PASSES(SYS_read),
    PASSES(SYS_write),
#ifdef SYS_poll
    PASSES(SYS_poll),
    PASSES(SYS_pipe),
#endif
    PASSES(SYS_ppoll),
    PASSES(SYS_pipe2),
    PASSES(SYS_close),
    PASSES(SYS_fcntl),
    PASSES(SYS_wait4),
    PASSES(SYS_rt_sigaction),
    PASSES(SYS_rt_sigprocmask),
    PASSES(SYS_rt_sigreturn),
    PASSES(SYS_restart_syscall),
    PASSES(SYS_clock_gettime), /* where the vDSO has none */
    PASSES(SYS_getpid),
    PASSES(SYS_gettid),
    PASSES(SYS_tgkill), /* raise(3): Linux asks whose the process is */
    PASSES(SYS_exit),
    PASSES(SYS_exit_group),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0),
    REFUSED,
    LOAD(args[1]),
    PASSES(TCGETS),
    PASSES(TCSETS),
    PASSES(TCSETSW),
    PASSES(TIOCGWINSZ),
    PASSES(TIOCSWINSZ),
    REFUSED,
};

bool rights_confine(void) {
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}
#else
bool rights_confine(void) {
    return true;
}
#endif
