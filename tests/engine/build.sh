# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2154
# Sourced, in the project's folder, by what tests the parts of the engine that decide: how these are built.
sanitize='-O1 -fsanitize=address,undefined -fno-sanitize-recover=all'
deciding="$(ls gen/engine/dns.c gen/engine/names.c $(ls gen/engine/grants*.c) gen/engine/file_seen.c gen/engine/admit*.c gen/engine/egress*.c gen/engine/target*.c gen/engine/redact*.c gen/engine/vault.c gen/engine/secret_file.c gen/engine/world.c)
    gen/engine/bytes.c gen/engine/ceiling.c gen/engine/usage.c gen/engine/fields_check.c gen/engine/hello.c $(ls gen/engine/http1*.c) gen/engine/websocket.c gen/engine/pattern.c $(ls gen/engine/slots*.c gen/engine/aws*.c) gen/engine/json_*.c $(ls gen/engine/login_[abj]*.c) gen/engine/rpc.c gen/spec/tool_pattern.c $(ls gen/engine/cooldown*.c gen/engine/packages*.c) gen/engine/published.c $(ls gen/engine/ssh_[fkw]*.c) gen/engine/ssh_rules.c gen/base/whole_file.c gen/spec/public_key.c gen/spec/path_spelling.c
    gen/spec/url_query.c gen/engine/query.c
    gen/spec/vocabulary.c gen/base/arena.c gen/base/buf.c gen/base/calendar.c gen/base/die.c gen/base/sha256.c gen/base/utf8.c"

# build_engine NAME MAIN FLAGS COMPILER: into $work/NAME
build_engine() {
    $4 -std=c11 -D_XOPEN_SOURCE=700 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror -g $3 -Igen "$2" $deciding \
        $(pkg-config --cflags --libs jansson libcrypto) -lresolv -o "$work/$1"
}

build_driver() { # build_driver NAME FLAGS COMPILER
    build_engine "$1" tests/engine/decide_main.c "$2" "$3"
}
