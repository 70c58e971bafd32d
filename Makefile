# make demo    installs what is missing, builds, renders the README's example into ./demo
# make test    installs what the tests need, and runs them all
# make quick   of these, what needs neither root nor many packages
# The rest: build live live-all live-arm64 docs bless bench bench-history fuzz agents-newest picture lint format install uninstall clean. See CONTRIBUTING.md.

VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= cc
BUILD ?= build
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
# --static, where libgit2 is a static library: what that needs is then linked, too.
LIBGIT2_LINK ?=

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
comma := ,
# Homebrew links no OpenSSL beside the system's.
ifeq ($(shell uname -s),Darwin)
export PKG_CONFIG_PATH := $(PKG_CONFIG_PATH):/opt/homebrew/opt/openssl@3/lib/pkgconfig:/usr/local/opt/openssl@3/lib/pkgconfig
endif
LIBRARIES := jansson libgit2 libxml-2.0 libdeflate libpsl
own_cflags = -std=c11 -fPIE -pthread -D_XOPEN_SOURCE=700 -D_DARWIN_C_SOURCE $(WARNINGS) \
    -DVERSION='"$(VERSION)"' -Igen $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)
libs = $(shell $(PKG_CONFIG) --libs jansson libxml-2.0 libdeflate libpsl 2>/dev/null) \
    $(if $(filter -static,$(LDFLAGS)),-lidn2 -lunistring) \
    $(shell $(PKG_CONFIG) $(LIBGIT2_LINK) --libs libgit2 2>/dev/null)

# Sorted by plain bytes: embed.c and embedded_find.c rely on it.
embedded := $(shell LC_ALL=C find templates modules -type f ! -name '.*' ! -name '*.pyc' \
    ! -path 'templates/workflows/*' | LC_ALL=C sort)
engine_sources := $(sort $(wildcard gen/engine/*.c))
terminal_sources := $(sort $(wildcard gen/terminal/*.c))
# What decides in it, with libc and jansson alone: agent-sandbox says by these what the proxy will do.
deciding := $(sort $(filter-out gen/engine/egress_ready.c,$(wildcard gen/engine/egress*.c)) \
    $(wildcard gen/engine/target*.c) $(addprefix gen/engine/,admit_judge.c admit_read.c bytes.c \
    ceiling.c cooldown.c cooldown_paths.c fields_check.c pattern.c query.c slots_target.c \
    world.c))
sources := $(sort $(deciding) \
    $(filter-out gen/front/embed.c $(engine_sources) $(terminal_sources),$(wildcard gen/*/*.c)))
headers := $(sort $(wildcard gen/*/*.h))
objects := $(sources:gen/%.c=$(BUILD)/%.o) $(BUILD)/embedded.o $(BUILD)/identity.o

# What is needed to see that nothing has changed is a program of its own, the whole another that is
# run after that: front.c says why. SPLIT= makes one program of all, as does LDFLAGS=-static, which
# leaves nothing to load.
SPLIT ?= $(if $(filter -static,$(LDFLAGS)),,$(filter Linux,$(shell uname -s)))
whole_folder := $(PREFIX)/lib/agent-sandbox
whole := agent-sandbox$(if $(SPLIT),-whole)
first := $(addprefix $(BUILD)/,front/first.o state/state.o base/calendar.o identity.o)

# The proxy's native engine: a program of its own, with libraries of its own. What strangers send is
# read in it, so it is built with what the compiler and the linker have against mistakes.
ENGINE_LIBRARIES := jansson libuv libnghttp2 openssl
engine_objects := $(engine_sources:gen/%.c=$(BUILD)/%.o)
engine_shared := $(addprefix $(BUILD)/,$(addsuffix .o,base/arena base/buf base/calendar base/die \
    base/sha256 base/utf8 base/whole_file spec/path_spelling spec/public_key spec/tool_pattern spec/url_path spec/url_query spec/vocabulary))
hardening := -fstack-protector-strong $(if $(findstring -O,$(filter-out -O0,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
hardened_link := $(if $(filter Linux,$(shell uname -s)),-pie -Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now)
engine_libs = $(shell $(PKG_CONFIG) --libs $(ENGINE_LIBRARIES) 2>/dev/null) -lresolv

build: generator engine terminal
generator: $(BUILD)/agent-sandbox
engine: $(BUILD)/agent-sandbox-proxy
terminal: $(BUILD)/agent-sandbox-terminal

# What stands between a session and its operator's terminal: with libc alone, and read by root for a moment only.
terminal_objects := $(terminal_sources:gen/%.c=$(BUILD)/%.o)
$(BUILD)/agent-sandbox-terminal: $(terminal_objects)
	$(CC) $(CFLAGS) $(LDFLAGS) $(hardened_link) -o $@ $^

$(BUILD)/terminal/%.o: own_cflags += $(hardening) -D_DEFAULT_SOURCE
-include $(terminal_sources:gen/%.c=$(BUILD)/%.d)

$(BUILD)/agent-sandbox-proxy: $(engine_objects) $(engine_shared)
	$(CC) $(CFLAGS) $(LDFLAGS) $(hardened_link) -pthread -o $@ $^ $(engine_libs)

$(BUILD)/engine/%.o: own_cflags += $(hardening) $(shell $(PKG_CONFIG) --cflags $(ENGINE_LIBRARIES) 2>/dev/null)
-include $(engine_sources:gen/%.c=$(BUILD)/%.d)

$(BUILD)/$(whole): $(objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $(objects) $(libs)

ifneq ($(SPLIT),)
# Statically where the compiler can: it then starts in half the time. No sanitizer can be so linked.
static := $(if $(findstring -fsanitize,$(CFLAGS) $(LDFLAGS)),,-static-pie)
$(BUILD)/agent-sandbox: $(first) $(BUILD)/$(whole)
	$(CC) $(CFLAGS) $(LDFLAGS) $(static) -o $@ $(first) 2>/dev/null || \
	    $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(first)

$(BUILD)/front/first.o: gen/front/front.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(own_cflags) -DWHOLE='"$(whole_folder)/$(whole)"' -MMD -MP -c -o $@ $<
-include $(BUILD)/front/first.d
endif

$(BUILD)/%.o: gen/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(own_cflags) -MMD -MP -c -o $@ $<

$(BUILD)/embedded.o: $(BUILD)/embedded.c
	$(CC) $(CFLAGS) $(own_cflags) -c -o $@ $<

$(BUILD)/embedded.c: $(BUILD)/embed $(embedded)
	$(BUILD)/embed $(embedded) >$@.new && mv $@.new $@

$(BUILD)/identity.o: $(BUILD)/identity.c
	$(CC) $(CFLAGS) $(own_cflags) -c -o $@ $<

$(BUILD)/identity.c: $(BUILD)/embed $(sources) $(headers) $(embedded) Makefile
	$(BUILD)/embed --identity $(sources) $(headers) $(embedded) Makefile >$@.new && mv $@.new $@

# All but where the program begins, for tests that call what is in it.
$(BUILD)/all.a: $(filter-out $(BUILD)/front/%,$(objects))
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/embed: $(addprefix $(BUILD)/,front/embed.o git/pack.o git/object.o git/sha1.o \
    base/sha256.o base/buf.o base/die.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libdeflate)

-include $(sources:gen/%.c=$(BUILD)/%.d) $(BUILD)/front/embed.d

# The engine in the world of tests/proxy: nothing else differs.
$(BUILD)/test-engine: tests/proxy/world_engine.c $(filter-out %/world.o,$(engine_objects)) $(engine_shared)
	$(CC) $(CFLAGS) $(LDFLAGS) $(own_cflags) $(hardened_link) -pthread -o $@ $^ $(engine_libs)

demo:
	@tests/install demo
	@$(MAKE) --no-print-directory -s -j2 build
	@tests/demo $(BUILD)/agent-sandbox

test:
	@tests/install test
	@tests/built gcc build test-engine all.a >/dev/null
	@tests/run $(ONLY)

# What needs neither root nor a package but git, jq and python3.
quick: build
	@tests/run -j3 quick

# What boots machines.
live:
	@tests/install test
	@$(MAKE) --no-print-directory -s build
	@tests/run live

# The README's five minutes on every Debian; what came of it goes into tests/picture/seen.txt.
live-all: build
	@for suite in bookworm trixie forky; do \
	    LIVE_SUITE=$$suite tests/picture/run --seen || exit 1; \
	done

# On arm64, emulated: a quarter of an hour; what came of it goes into tests/live/arm64.txt.
live-arm64:
	@tests/live/arm64 --seen

# Written from the tables, committed beside what writes them.
docs: $(BUILD)/agent-sandbox
	$(BUILD)/agent-sandbox schema >gen/doc/agent-sandbox.schema.json
	$(BUILD)/agent-sandbox vocabulary >modules/proxy/vocabulary.json
	$(BUILD)/agent-sandbox man >gen/doc/agent-sandbox.1
	for shell in bash zsh fish; do $(BUILD)/agent-sandbox completion $$shell >gen/doc/completion.$$shell || exit 1; done
	tests/nix/options_page >nix/options.md
	tests/live/tools_table --write
	tests/macos/inside_table --write

bless: $(BUILD)/agent-sandbox
	tests/golden --bless

# Ratios, measured in one run; each script prints one table.
bench: build $(BUILD)/test-engine
	@tests/install bench
	@for script in tests/bench/*; do \
	    case $$script in *.*) continue ;; esac; \
	    [ ! -f "$$script" ] || [ ! -x "$$script" ] || "$$script" $(ROUNDS) || exit 1; \
	done

# What README.md shows: tests/bench/history.txt and its chart. On a quiet machine.
bench-history: build
	@tests/install bench
	@tests/bench/history --keep $(ROUNDS)

fuzz:
	tests/fuzz all
	tests/engine/decide 1000000
	tests/terminal/fuzz 600
	tests/merge_laws all

# Whether the newest agents of npm ask for something that their presets neither allow nor do without.
agents-newest: build
	@tests/install test
	AGENTS=all CLAUDE_CODE=latest CODEX=latest GEMINI_CLI=latest OPENCODE=latest COPILOT=latest PI=latest QWEN=latest \
	    CLINE=latest DROID=latest KILO=latest CLAUDE_ACP=latest CODEX_ACP=latest tests/run live/agent_cli

# The README's picture: its five minutes, recorded on a throw-away machine.
picture: build
	tests/picture/run

lint:
	tests/lint

# By the version that decides: tests/lint.
format:
	$$(command -v clang-format-14 || echo clang-format) -i gen/*/*.[ch] $(wildcard tests/*/*.[ch] tests/*/*/*.[ch])

install: install-generator install-engine install-terminal

install-terminal: terminal
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/agent-sandbox-terminal $(DESTDIR)$(PREFIX)/bin/agent-sandbox-terminal
	install -m 644 gen/doc/agent-sandbox-terminal.1 $(DESTDIR)$(PREFIX)/share/man/man1/agent-sandbox-terminal.1

install-engine: engine
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(BUILD)/agent-sandbox-proxy $(DESTDIR)$(PREFIX)/bin/agent-sandbox-proxy
	install -m 644 gen/doc/agent-sandbox-proxy.8 $(DESTDIR)$(PREFIX)/share/man/man8/agent-sandbox-proxy.8

install-generator: generator
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/agent-sandbox/workflows \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(BUILD)/agent-sandbox $(DESTDIR)$(PREFIX)/bin/agent-sandbox
	[ -z "$(SPLIT)" ] || { install -d $(DESTDIR)$(whole_folder) && \
	    install -m 755 $(BUILD)/$(whole) $(DESTDIR)$(whole_folder)/$(whole); }
	install -m 644 gen/doc/agent-sandbox.1 $(DESTDIR)$(PREFIX)/share/man/man1/agent-sandbox.1
	install -m 644 gen/doc/agent-sandbox.schema.json $(DESTDIR)$(PREFIX)/share/agent-sandbox/agent-sandbox.schema.json
	install -m 644 templates/workflows/*.yml $(DESTDIR)$(PREFIX)/share/agent-sandbox/workflows/
	install -m 644 gen/doc/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/agent-sandbox
	install -m 644 gen/doc/completion.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_agent-sandbox
	install -m 644 gen/doc/completion.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/agent-sandbox.fish

# What install put there, and nothing else. Sandboxes go with `agent-sandbox remove`, before.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/agent-sandbox $(DESTDIR)$(PREFIX)/bin/agent-sandbox-proxy \
	    $(DESTDIR)$(PREFIX)/bin/agent-sandbox-terminal \
	    $(DESTDIR)$(PREFIX)/share/man/man1/agent-sandbox-terminal.1 \
	    $(DESTDIR)$(PREFIX)/share/man/man8/agent-sandbox-proxy.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man1/agent-sandbox.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/agent-sandbox \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_agent-sandbox \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/agent-sandbox.fish
	rm -rf $(DESTDIR)$(PREFIX)/share/agent-sandbox $(DESTDIR)$(PREFIX)/lib/agent-sandbox

clean:
	rm -rf build demo


.PHONY: build generator engine terminal install-generator install-engine install-terminal demo test quick live live-all live-arm64 docs bless bench bench-history fuzz agents-newest picture lint format install uninstall clean
.DELETE_ON_ERROR:
