#include "terminal/rights.h"

#include <grp.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

bool rights_give_up(const struct options *o) {
    if (o->drops) {
        if (setgroups(0, NULL) || setgid(o->group) || setuid(o->user))
            return false;
        if (!setuid(0) || geteuid() != o->user || getegid() != o->group)
            return false;
    }
#ifdef __linux__
    /* Nobody else of that user's looks in, and no program that it might run gains anything. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return false;
#endif
    return rights_confine();
}
