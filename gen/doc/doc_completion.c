/* Completions of bash, zsh and fish, from the tables. Names and docs are our own, without quotes.
 */
#include "base/buf_raw.h"
#include "doc/doc.h"
#include "read/load.h"

#include <string.h>

static void put_presets(struct buf *out, const char *between) {
    struct reading *reading = reading_new(NULL);
    for (size_t i = 0; preset_name(reading, i); i++)
        buf_printf(out, "%s%s", i ? between : "", preset_name(reading, i));
    reading_free(reading);
}

/* Inside single quotes of zsh and fish alike: 'it'\\''s'. */
static void quoted(struct buf *out, const char *s) {
    for (; *s; s++)
        if (*s == '\'')
            buf_lit(out, "'\\''");
        else
            buf_char(out, *s);
}

static bool takes_specs(const struct command *c) {
    return strstr(c->arguments, "SPEC") != NULL;
}

static bool takes_folder(const struct command *c) {
    return strcmp(c->arguments, "[FOLDER]") == 0;
}

static bool takes_input(const struct command *c) {
    return strncmp(c->arguments, "INPUT ", 6) == 0;
}

static void put_inputs(struct buf *out) {
    for (size_t i = 0; input_names[i]; i++)
        buf_printf(out, "%s%s", i ? " " : "", input_names[i]);
}

static void bash_options(const struct command_table *table, option_flags flags, struct buf *out) {
    for (size_t i = 0; i < table->option_count; i++)
        if (flags & table->options[i].flag)
            buf_printf(out, " --%s", table->options[i].name);
}

static void bash(const struct command_table *table, struct buf *out) {
    buf_lit(out,
            "# bash completion of agent-sandbox\n"
            "_agent_sandbox() {\n"
            "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
            "    COMPREPLY=()\n"
            "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            "        words='");
    for (size_t i = 0; i < table->command_count; i++)
        buf_printf(out, "%s ", table->commands[i].name);
    buf_lit(out, "--help --version'\n"
                 "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                 "        return\n"
                 "    fi\n"
                 "    case $before in\n"
                 "    --agent) words='");
    put_presets(out, " ");
    buf_lit(out, "' ;;\n"
                 "    --exit-code-on) words='any widening' ;;\n"
                 "    -o | --output | --from)\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                 "        return\n"
                 "        ;;\n"
                 "    *)\n"
                 "        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < table->command_count; i++) {
        buf_printf(out, "        %s) words='", table->commands[i].name);
        if (strcmp(table->commands[i].arguments, "SHELL") == 0)
            buf_lit(out, "bash zsh fish");
        if (takes_input(&table->commands[i]))
            put_inputs(out);
        bash_options(table, table->commands[i].options | OPTION_HELP, out);
        buf_lit(out, "' ;;\n");
    }
    buf_lit(out, "        esac\n"
                 "        ;;\n"
                 "    esac\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                 "    case ${COMP_WORDS[1]} in\n    ");
    for (size_t i = 0, any = 0; i < table->command_count; i++)
        if (takes_specs(&table->commands[i]))
            buf_printf(out, "%s%s", any++ ? " | " : "", table->commands[i].name);
    buf_lit(out, ")\n"
                 "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY "
                 "< <(compgen -f -X '!*.json' -- \"$word\"; compgen -d -- \"$word\")\n"
                 "        ;;\n    ");
    for (size_t i = 0, any = 0; i < table->command_count; i++)
        if (takes_folder(&table->commands[i]))
            buf_printf(out, "%s%s", any++ ? " | " : "", table->commands[i].name);
    buf_lit(out,
            ")\n"
            "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -d -- \"$word\")\n"
            "        ;;\n"
            "    esac\n"
            "}\n"
            "complete -o filenames -F _agent_sandbox agent-sandbox\n");
}

static void zsh_option(struct buf *out, const struct option_row *row) {
    buf_printf(out, "        '*--%s[", row->name);
    quoted(out, row->doc);
    buf_lit(out, "]");
    if (row->flag == OPTION_AGENT) {
        buf_lit(out, ":agent:(");
        put_presets(out, " ");
        buf_lit(out, ")");
    } else if (row->flag == OPTION_EXIT_CODE) {
        buf_lit(out, ":what:(any widening)");
    } else if (row->argument) {
        buf_printf(out, ":%s:_files", row->argument);
    }
    buf_lit(out, "' \\\n");
}

static void zsh(const struct command_table *table, struct buf *out) {
    buf_lit(out, "#compdef agent-sandbox\n"
                 "_agent_sandbox() {\n"
                 "    local -a commands\n"
                 "    commands=(\n");
    for (size_t i = 0; i < table->command_count; i++) {
        buf_printf(out, "        '%s:", table->commands[i].name);
        quoted(out, table->commands[i].doc);
        buf_lit(out, "'\n");
    }
    buf_lit(out, "    )\n"
                 "    if (( CURRENT == 2 )); then\n"
                 "        _describe command commands\n"
                 "        return\n"
                 "    fi\n"
                 "    local command=$words[2]\n"
                 "    shift words\n"
                 "    (( CURRENT-- ))\n"
                 "    case $command in\n");
    for (size_t i = 0; i < table->command_count; i++) {
        buf_printf(out, "    %s)\n        _arguments \\\n", table->commands[i].name);
        for (size_t k = 0; k < table->option_count; k++)
            if ((table->commands[i].options | OPTION_HELP) & table->options[k].flag)
                zsh_option(out, &table->options[k]);
        if (takes_input(&table->commands[i])) {
            buf_lit(out, "        '1:input:(");
            put_inputs(out);
            buf_lit(out, ")' \\\n");
        }
        if (takes_specs(&table->commands[i]))
            buf_lit(out, "        '*:spec:_files -g \"*.json\"'\n");
        else if (takes_folder(&table->commands[i]))
            buf_lit(out, "        '1:folder:_files -/'\n");
        else if (strcmp(table->commands[i].arguments, "SHELL") == 0)
            buf_lit(out, "        '1:shell:(bash zsh fish)'\n");
        else
            buf_lit(out, "        '*:argument:'\n");
        buf_lit(out, "        ;;\n");
    }
    buf_lit(out, "    esac\n"
                 "}\n"
                 "_agent_sandbox \"$@\"\n");
}

static void fish_command(const struct command_table *table, const struct command *c,
                         struct buf *out) {
    for (size_t k = 0; k < table->option_count; k++) {
        const struct option_row *row = &table->options[k];
        if (!((c->options | OPTION_HELP) & row->flag))
            continue;
        buf_printf(out, "complete -c agent-sandbox -n '__fish_seen_subcommand_from %s' -l %s",
                   c->name, row->name);
        if (row->letter)
            buf_printf(out, " -s %c", row->letter);
        if (row->flag == OPTION_AGENT) {
            buf_lit(out, " -x -a '");
            put_presets(out, " ");
            buf_lit(out, "'");
        } else if (row->flag == OPTION_EXIT_CODE) {
            buf_lit(out, " -x -a 'any widening'");
        } else if (row->argument) {
            buf_lit(out, " -r -F");
        }
        buf_lit(out, " -d '");
        quoted(out, row->doc);
        buf_lit(out, "'\n");
    }
    if (takes_input(c)) {
        buf_printf(out, "complete -c agent-sandbox -n '__fish_seen_subcommand_from %s' -a '",
                   c->name);
        put_inputs(out);
        buf_lit(out, "'\n");
    }
    if (takes_specs(c))
        buf_printf(out, "complete -c agent-sandbox -n '__fish_seen_subcommand_from %s' -F\n",
                   c->name);
    if (takes_folder(c))
        buf_printf(out,
                   "complete -c agent-sandbox -n '__fish_seen_subcommand_from %s' "
                   "-a '(__fish_complete_directories)'\n",
                   c->name);
}

static void fish(const struct command_table *table, struct buf *out) {
    buf_lit(out, "# fish completion of agent-sandbox\n"
                 "complete -c agent-sandbox -f\n");
    for (size_t i = 0; i < table->command_count; i++) {
        buf_printf(out, "complete -c agent-sandbox -n __fish_use_subcommand -a %s -d '",
                   table->commands[i].name);
        quoted(out, table->commands[i].doc);
        buf_lit(out, "'\n");
    }
    for (size_t i = 0; i < table->command_count; i++)
        fish_command(table, &table->commands[i], out);
    buf_lit(out, "complete -c agent-sandbox -n '__fish_seen_subcommand_from completion' "
                 "-a 'bash zsh fish'\n");
}

bool doc_completion(const char *shell, const struct command_table *table, struct buf *out) {
    if (strcmp(shell, "bash") == 0)
        bash(table, out);
    else if (strcmp(shell, "zsh") == 0)
        zsh(table, out);
    else if (strcmp(shell, "fish") == 0)
        fish(table, out);
    else
        return false;
    return true;
}
