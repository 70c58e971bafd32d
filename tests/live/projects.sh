# For tests/live/workspaces, which has what is called here: a session in one of many projects.
# What agent and operator run is expanded by their shells.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

own=/home/admin/src

# begun FOLDER PERSON COMMAND: PERSON's session in that folder; the_command: what it prints alone
begun() {
    inside su "$2" -c 'cd "$1" && exec sudo -n /var/lib/agent-sandbox/demo/current/bin/agent-sandbox run sh -ec "$2"' sh "$1" "$3"
}
the_command() { begun "$@" 2>/dev/null; }
# by PERSON WORD...: the applied program, asked by that person
by() {
    person=$1 && shift
    inside su -- "$person" -c 'exec /var/lib/agent-sandbox/demo/current/bin/agent-sandbox "$@"' sh "$@"
}

# Fifty repositories, below homes that nobody else may enter, on a file system with idmapped mounts.
make_projects() {
    for user in admin second; do
        inside sh -c 'mkdir -p "/srv/id/home/$1" && chown "$1:" "/srv/id/home/$1" && chmod 700 "/srv/id/home/$1" &&
            cp -p "/home/$1/.gitconfig" "/srv/id/home/$1/" && mount --bind "/srv/id/home/$1" "/home/$1"' sh "$user"
    done
    inside su admin -c 'cd; umask 077; n=0; while [ $n -lt 50 ]; do n=$((n + 1)); mkdir -p src/p$n; echo "secret of $n" >src/p$n/f
        [ $n -gt 1 ] || git init -q src/p1; [ $n -eq 1 ] || cp -r src/p1/.git src/p$n/; done
        mkdir -p src/plain/a/b "src/with a blank/sub" src/group/inner/deep other; git init -q src/group/inner
        ln -s ../other src/link; ln -s p1 src/near; echo here >other/f'
    inside su second -c 'cd; umask 077; mkdir -p src/theirs; echo theirs >src/theirs/f'
    inside sh -c 'mkdir -p /home/admin/src/alien && chown second: /home/admin/src/alien'
}

test_projects() {
    make_projects
    projects='"projects": { "roots": [ "~/src" ], "home": "per-project", "worktrees": true },'
    render ''
    expect 0 'projects: apply' sandbox apply
    expect_output "$own/p1
p1
secret of 1" 'a project that was never used: that one alone is there' the_command $own/p1 admin "pwd; ls $own; cat f; umask 077; echo x >new"
    expect_output 'admin admin' "  what the agent makes is the operator's" inside stat -c '%U %G' $own/p1/new
    expect 0 '  and git works, but no hook' begun $own/p1 admin 'git add -A; git commit -qm one; ! touch .git/hooks/x; ! mv .git g'
    expect_output $own/plain/a/b 'no .git: the folder directly below' the_command $own/plain/a/b admin "pwd; touch $own/plain/by-agent"
    expect_output inner 'the nearest .git' the_command $own/group/inner/deep admin "ls $own/group; ! ls $own/p1 2>/dev/null"
    expect_output "$own/with a blank/sub" 'a name with blanks' the_command "$own/with a blank/sub" admin 'pwd; echo x >../by-agent'
    no_projects
    at_once
    homes_of_projects
    in_worktrees
    expect 0 'verify holds' sandbox verify
    expect_output '' '  and nothing is left on the host' inside sh -c 'grep -E "idmapped|/roots/" /proc/self/mountinfo; ls -d /tmp/*/roots 2>/dev/null'
    projects=
    inside umount /home/admin /home/second
}

# What has no idmapped mounts is no project's; a workspace wants access lists at least.
test_file_systems() {
    projects='"projects": { "roots": [ "~/src" ] },'
    render ''
    expect 0 'file systems: apply' sandbox apply
    inside sh -c 'mkdir -p /home/admin/src/over /home/admin/src/ram /home/admin/src/plain /srv/over && chown -R admin: /home/admin/src &&
        mount -t tmpfs tmpfs /srv/over && mkdir /srv/over/u /srv/over/w && chown admin: /srv/over/u && mount -t ramfs ramfs /home/admin/src/ram &&
        mount -t overlay -o lowerdir=/home/admin/src/plain,upperdir=/srv/over/u,workdir=/srv/over/w over /home/admin/src/over && chown admin: /home/admin/src/*'
    for kind in over ram; do
        expect 1 "$kind: no project's session" begun $own/$kind admin 'touch ran'
        expect_said "the workspaces cannot be shared: $own/$kind: its file system has no idmapped mounts" '  and it says why'
        expect_said 'name it as a workspace in the spec' '  and what to do'
        expect 1 '  and nothing ran' inside test -e $own/$kind/ran
    done
    space=/srv/acl/demo
    expect 0 'over: as a workspace it has access lists' agent 'touch own; rm own'
    inside mount -t ramfs ramfs /srv/acl/demo
    expect 2 'ram: apply refuses a workspace there' sandbox apply
    expect_said 'the workspace /srv/acl/demo cannot be shared: its file system has no access lists' '  and says why'
    inside sh -c 'umount /srv/acl/demo /home/admin/src/over /home/admin/src/ram'
    expect 0 '  and goes on where there are some' sandbox apply
    projects=
}

no_projects() {
    expect 2 "another's folder is no project" begun $own/alien admin true
    expect_said 'belongs to second, not to admin' '  and it is said whose it is'
    expect_output /home/agent-demo 'the root itself: as without projects' the_command $own admin pwd
    expect_output '' '  and no project is there' the_command $own admin "ls -A $own"
    expect_words 'lies below none of ~/src' "another operator's" by second run --project $own/p1 true
    expect_words 'lies below none of ~/src' 'a link out of the root' by admin run --project $own/link true
    expect_words $own/p1 '  one that stays in is what it leads to' by admin run --project $own/near pwd
    expect_words 'is no folder' 'a project that is not there' by admin run --project $own/nowhere true
    expect_words 'needs a word behind it' '--project without a folder' by admin run --project -- true
    inside su admin -c "mv $own/group/inner/.git $own/group/.away"
    expect_output inner 'a .git that is gone makes its project no larger' the_command $own/group/inner/deep admin "ls $own/group"
}

# Three sessions at once, each of which sees one.
at_once() {
    for n in 2 3 4; do
        the_command $own/p$n admin "echo mine >at-once; sleep 3; ls $own; cat $own/*/at-once f" >"$work/once.$n" 2>&1 &
    done
    wait
    for n in 2 3 4; do
        expect_output "p$n
mine
secret of $n" "three at once: p$n" cat "$work/once.$n"
    done
}

homes_of_projects() {
    expect_output nothing 'a home of its own' the_command $own/p5 admin 'echo x >~/kept; cd; ls -A .cache 2>/dev/null || echo nothing'
    expect_output x '  which it finds again' the_command $own/p5 admin 'cat ~/kept'
    expect 0 '  and another project does not' begun $own/p6 admin '! test -e ~/kept; test -e ~/.profile; test -O ~/.profile'
    expect_words "project     $own/p5 (admin): used" 'projects lists it' by admin projects
    by admin projects --json >"$work/json"
    expect 0 '  with its size, as JSON' jq -e ".projects[] | select(.project == \"$own/p5\") | .bytes > 0 and .there" "$work/json"
    by second projects --json >"$work/json"
    expect_output '[]' "  and nothing of another's" jq -c .projects "$work/json"
    begun $own/p6 admin 'sleep 4' >/dev/null 2>&1 &
    sleep 2
    expect_words "a session is in $own/p6: end it first" 'no home is taken from under a session' by admin projects --remove $own/p6
    wait
    expect 0 'a home is removed' by admin projects --remove $own/p5
    expect 0 '  and a new one made; the project stays' begun $own/p5 admin '! test -e ~/kept; test -e f'
    expect 2 "not by another" by second projects --remove $own/p5
    begun $own/p7 admin true >/dev/null 2>&1
    inside rm -rf $own/p7
    expect_words "the home of $own/p7" '--stale' by admin projects --stale
    expect 2 '  and then there is none' by admin projects --remove $own/p7
    expect_words "\"project\": \"$own/p5\"" 'policy.json says which project' begun $own/p5 admin 'cat /run/agent-sandbox/policy.json'
    expect 0 'so does the log' inside sh -c "journalctl --namespace=agent-sandbox-demo -o cat | tr -d ' ' | grep '\"event\":\"session\".*\"project\":\"$own/p5\"'"
}
