#!/bin/sh
# printf(1) knows octal escapes twice, and reads the same four digits in two ways (POSIX.1-2017, printf, EXTENDED
# DESCRIPTION 3 and %b):
#
#   in the format      \ddd  has one to three digits: \0441 is \044, a dollar sign, and then "1"
#   in a word for %b   \0ddd has one to three behind the zero: \0441 is all of it, 0441 = 289, of which a byte keeps "!"
#
# So a program that escapes text for %b by writing each dangerous byte as \044 is right for "$HOME", and loses both the
# dollar and the digit of "$1". \0044 is right for %b in every case, and wrong as a format ("\004" and a "4").
#
# Why it matters: %b is how shell scripts carry arbitrary words through places that eat dollar signs and line ends, and
# no test with names of variables alone shows it.
#
# Seen with Debian 12's dash 0.5.12-2, bash 5.2.15-2 and zsh 5.9-4. Needs these. Exits 1 when something
# behaves in another way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for shell in dash bash zsh; do
    # shellcheck disable=SC2016
    $shell -c 'printf "%s:" "$0"; printf " \0441"; printf " %b" "\0441" "\044HOME" "\00441"; echo' "$shell"
done >found
cat found
dpkg-query -W dash bash zsh
# shellcheck disable=SC2016
for shell in dash bash zsh; do
    printf '%s: $1 ! $HOME $1\n' "$shell"
done >expected
cmp found expected
