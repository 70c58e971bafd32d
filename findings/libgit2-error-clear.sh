#!/bin/sh
# Between 1.5 and 1.9 libgit2 took git_error_clear(), git_error_set() and git_error_set_str() out of what <git2.h>
# includes, into <git2/sys/errors.h>, which older versions do not have. The names that they replaced in 0.28,
# giterr_clear() and its like, have been deprecated since then, and are the ones that <git2.h> still declares in every
# version (git2/deprecated.h). git_error_last() stayed.
#
# Seen with libgit2-dev 1.5.1+ds-1+deb12u1 (Debian 12) and 1.9.0+ds-2+deb13u1 (Debian 13), #include <git2.h> and -Werror:
#
#                              1.5.1     1.9.0
#   git_error_clear()          compiles  implicit declaration
#   giterr_clear()             compiles  compiles
#   git_error_last()           compiles  compiles
#   #include <git2/sys/errors.h>   no such file   compiles, and declares git_error_clear()
#
# Why it matters: the program that uses the new names, as the header tells it to, is the one that stops compiling; and
# no single include works for both. __has_include decides.
#
# Needs apt with a Debian mirror, and cc. Exits 1 when something behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
wrong=0
for version in 1.5.1+ds-1+deb12u1 1.9.0+ds-2+deb13u1; do
    /usr/lib/apt/apt-helper download-file "${mirror%/}/pool/main/libg/libgit2/libgit2-dev_${version}_amd64.deb" \
        "$work/$version.deb" >/dev/null 2>&1 || {
        echo "the mirror has no libgit2-dev $version (any more)" >&2
        exit 2
    }
    dpkg-deb -x "$version.deb" "$version"
done

# look VERSION INCLUDE CALL WANTED
look() {
    printf '#include <git2.h>\n%s\nint main(void) { %s; return 0; }\n' "$2" "$3" >x.c
    got=no
    ! cc -Werror -I"$1/usr/include" -c x.c -o x.o 2>errors || got=compiles
    echo "$1  $2 $3: $got"
    [ "$got" = "$4" ] || { wrong=1 && cat errors; }
}
old=1.5.1+ds-1+deb12u1 new=1.9.0+ds-2+deb13u1
look $old '' 'git_error_clear()' compiles
look $new '' 'git_error_clear()' no
look $old '' 'giterr_clear()' compiles
look $new '' 'giterr_clear()' compiles
look $old '' 'git_error_last()' compiles
look $new '' 'git_error_last()' compiles
look $old '#include <git2/sys/errors.h>' 'git_error_clear()' no
look $new '#include <git2/sys/errors.h>' 'git_error_clear()' compiles
exit $wrong
