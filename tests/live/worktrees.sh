# For tests/live/projects.sh, which has what is called here: sessions in linked worktrees and clones of a project.
# What agent and operator run is expanded by their shells.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154

# Three worktrees of a project that has a submodule's worth of hooks, and a remote beside it.
make_worktrees() {
    inside su admin -c 'cd; umask 022; mkdir -p src/app && cd src/app && git init -q && echo 1 >f && git add f && git commit -qm begin
        printf "#!/bin/sh\ntouch /tmp/hook-ran\n" >.git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
        git config filter.x.smudge "touch /tmp/hook-ran; cat"; echo "* filter=x" >.git/info/attributes'
}

# in_app WORD...: admin's, in the project; run_in_app: what the command prints alone
in_app() { inside su -- admin -c 'cd ~/src/app && exec /var/lib/agent-sandbox/demo/current/bin/agent-sandbox "$@"' sh "$@"; }
run_in_app() { in_app run "$@" 2>/dev/null; }

in_worktrees() {
    make_worktrees
    expect_output "$own/app-one
app app-one
agent/one" 'run --worktree makes one, and begins there' run_in_app --worktree one -- sh -c "pwd; echo \$(ls $own); git symbolic-ref --short HEAD"
    expect 1 '  and runs no hook and no filter' inside test -e /tmp/hook-ran
    expect_output .git '  of the project there is what worktrees have in common' run_in_app --worktree one -- ls -A "$own/app"
    for n in one two three; do
        run_in_app --worktree $n -- sh -ec "echo $n >f; git commit -qam 'by $n'; git checkout -qb topic-$n; echo x >g; git add g; git commit -qm g
            git checkout -q agent/$n; git rebase -q topic-$n; sleep 3; ls $own; git log --format=%s agent/$n | head -2" >"$work/tree.$n" 2>&1 &
    done
    wait
    for n in one two three; do
        expect_output "app
app-$n
g
by $n" "three at once: $n commits and rebases in its own" cat "$work/tree.$n"
    done
    expect 0 'the commits are the operator'"'"'s to see' inside su admin -c 'cd ~/src/app && git log agent/two --format=%s | grep -q "by two" && git fsck'
    attack_common
    expect 0 'a session in the project itself works on' begun "$own/app" admin 'git commit -q --allow-empty -m own; git log -1'
    stolen
    submodules
    clones
}

# A session in a submodule has its repository, and of the project around it nothing else.
submodules() {
    inside su admin -c 'cd ~/src && git init -q lib && cd lib && echo l >l && git add l && git commit -qm lib && mkdir ../outer && cd ../outer &&
        git init -q && echo o >o && git add o && git -c protocol.file.allow=always submodule --quiet add ../lib sub/lib && git commit -qm outer'
    expect_output "$own/outer/sub/lib
outer
by the submodule
lib" 'in a submodule: its session commits' the_command "$own/outer/sub/lib" admin "pwd; ls $own; echo 2 >l; git commit -qam 'by the submodule'; git log --format=%s; git fsck"
    expect_output .git '  of the project around it its repository is there' the_command "$own/outer/sub/lib" admin "ls -A $own/outer | grep -v sub"
    expect_output modules '    and nothing beside it' the_command "$own/outer/sub/lib" admin "ls -A $own/outer/.git"
    expect_output 'echo this works' '  whose hooks and settings are closed' the_command "$own/outer/sub/lib" admin "cd $own/outer/.git/modules/sub/lib
        for attack in 'echo x >hooks/x' 'git config user.name evil' 'rm config' 'mv hooks h' 'echo /etc >objects/info/alternates' 'ls ../../../o' 'echo this works'; do
            (eval \"\$attack\") >/dev/null 2>&1 && echo \"\$attack\"; done"
    expect 0 "  and the commit is its operator's to see" inside su admin -c 'cd ~/src/outer && test "$(git -C sub/lib log --format=%s -1)" = "by the submodule" &&
        git status --porcelain | grep -qxF " M sub/lib"'
    inside su admin -c 'cd ~/src/outer && git -C sub/lib config core.worktree /nowhere'
    expect_words "its core.worktree is not this folder; a session of the project around it has it: --project $own/outer" \
        '  which has to name it back' begun "$own/outer/sub/lib" admin 'ls -A'
}

# What a session in app-one may not do to the rest of the repository: which of it works is printed.
attacks='echo x >hooks/post-checkout
git config user.name evil
echo x >>config.new && mv config.new config
echo "* filter=y" >info/attributes
echo /etc >objects/info/alternates
echo x >HEAD
rm index
echo x >worktrees/app-two/HEAD
rm -r worktrees/app-two/logs
echo /etc/.git >worktrees/app-one/gitdir
echo x >worktrees/app-one/commondir
umount hooks
ls ../f
ls ../../p1
echo this works'
attack_common() {
    expect_output 'echo this works' 'nothing that one tries on the others works' run_in_app --worktree one -- sh -c 'cd "$1/app/.git" &&
        echo "$2" | while IFS= read -r attack; do (eval "$attack") >/dev/null 2>&1 && echo "$attack"; done' sh "$own" "$attacks"
}

# A .git file of the agent's own choice leads nowhere.
stolen() {
    inside su admin -c 'cd ~/src && mkdir thief && echo "gitdir: /home/admin/src/app/.git/worktrees/app-one" >thief/.git'
    expect_words 'is not shared: its worktree app-one is not this folder' 'a .git file that means another folder'"'"'s' begun "$own/thief" admin 'ls -A ..'
    expect_output thief '  and nothing else is there' the_command "$own/thief" admin "ls -A $own"
}

clones() {
    expect_output "$own/app-try
app-try" 'run --clone: nothing of the project is there' run_in_app --clone=try -- sh -c "pwd; ls $own"
    run_in_app --clone=try -- sh -ec 'echo "evil filter=x" >.gitattributes; ! git config core.fsmonitor "touch /tmp/hook-ran"; echo 2 >f
        printf "#!/bin/sh\ntouch /tmp/hook-ran\n" >.git/x; git add -A; git commit -qm "by the clone"' >/dev/null 2>&1
    expect_words 'by the clone' 'land shows what it committed' in_app land try
    expect 0 '  brings it over' in_app land try --cherry-pick --yes
    expect_output 2 '  to the files, too' inside cat "$own/app/f"
    run_in_app --clone=try -- sleep 6 >/dev/null 2>&1 &
    sleep 3
    expect_words "is in $own/app-try: end it first" '  not from under a session' in_app land try --remove --yes
    wait
    expect 0 '  and takes the clone away' in_app land try --remove --yes
    expect 2 'a worktree stays while it has what was not brought over' in_app land one --remove --yes
    expect 0 '  unless that is said' in_app land one --remove --yes --discard
    expect 1 '  with its folder' inside test -e "$own/app-one"
    expect 1 'nothing of any repository was run' inside test -e /tmp/hook-ran
}

# By hand: these alone (LIVE_TESTS=worktrees).
test_worktrees() {
    make_projects
    projects='"projects": { "roots": [ "~/src" ], "worktrees": true },'
    render ''
    expect 0 'worktrees: apply' sandbox apply
    in_worktrees
    projects=
}
