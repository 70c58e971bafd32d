# For tests/live/workspaces, which has what is called here: git, closed repositories, the sweep.
# What agent and operator run is expanded by their shells.
# shellcheck shell=sh disable=SC2016,SC2154

test_git() {
    for space in /srv/id/demo /srv/acl/demo; do
        # The owner of a repository that came about without idmapped mounts is a stranger to git.
        trust='' && [ "$space" = /srv/id/demo ] || trust="git() { command git -c safe.directory='*' \"\$@\"; };"
        expect 0 "$space: the operator makes a repository" operator 'git init -q repo; cd repo
            echo 1 >f; git add f; git commit -qm one; git update-ref refs/remotes/origin/topic HEAD'
        expect 0 '  the agent works in it' agent 'cd repo; git status; echo 2 >>f; git commit -qam two
            git checkout -q -b dev; git branch other; echo 3 >>f; git stash; git stash pop
            git commit -qam three; git checkout -q --no-track -b topic origin/topic; git checkout -q dev
            git rebase -q main; git tag t; git gc -q; git worktree add -q ../tree other
            cd ../tree; echo t >t; git add t; git commit -qm tree; git worktree list | grep -q tree'
        expect 0 '  the operator goes on' operator "$trust"'cd repo; git checkout -q dev; echo 4 >>f
            git commit -qam four; git config a.b c; git branch -D topic; cd ../tree; echo o >>t
            git commit -qam tree-too; git log --oneline | grep -q tree-too; cd ../repo
            git worktree add -q ../second dev~1'
        expect 0 "  the agent in the operator's tree" agent 'cd second; git checkout -q -b more
            echo 5 >>f; git commit -qam five; cd ../tree; git commit -q --allow-empty -m back'
        expect 0 '  the agent clones' agent 'git clone -q repo clone; cd clone; git config x.y z
            git commit -q --allow-empty -m c'
        expect 0 '  the operator goes on in the clone' operator "$trust"'cd clone; echo 6 >>f
            git commit -qam six; git fetch -q'
        expect 0 '  fsck' operator "$trust"'cd repo; git fsck --strict; git status'
    done
}

# What an agent may try in repo/; none of it may work.
attacks() {
    cat <<'TABLE'
a hook is written@echo x >.git/hooks/pre-commit
a hook is edited@echo x >>.git/hooks/pre-commit.sample
a hook is linked@ln -s /bin/true .git/hooks/pre-push || ln f .git/hooks/f
a hook is removed@rm -f .git/hooks/pre-commit.sample
hooks are moved away@mv .git/hooks .git/h
hooks are put over it@mkdir .git/n; mv -T .git/n .git/hooks
configuration by git@git config core.fsmonitor /bin/true
configuration by append@echo x >>.git/config
configuration by rename@cp f .git/c; mv -f .git/c .git/config
configuration is removed@rm -f .git/config
configuration is truncated@truncate -s 0 .git/config
configuration gets another mode@chmod 666 .git/config
configuration elsewhere@echo ../../evil >.git/commondir
configuration elsewhere, by rename@echo x >.git/c; mv -f .git/c .git/commondir
.git is moved@mv .git g
.git is exchanged@perl -e 'mkdir $b = "x"; $a = ".git"; syscall(316, -100, $a, -100, $b, 2) == 0 or exit 1'
the repository is moved@cd ..; mv repo r
the repository is replaced by a link@cd ..; rm -rf x; mkdir x; ln -sfnT x repo
a tree's .git is written@echo "gitdir: /tmp" >../second/.git
a tree's .git is removed@rm -f ../second/.git
a tree's commondir@echo /tmp >.git/worktrees/second/commondir
a tree's folder is moved@mv .git/worktrees/second .git/worktrees/s
the folder of trees is moved@mv .git/worktrees .git/w
unmounting@umount .git/hooks
TABLE
}

# All in one session: a line for each that worked.
attack() {
    attacks | agent 'cd repo; while IFS=@ read -r what command; do
        ! (eval "$command") </dev/null >/dev/null 2>&1 || echo "worked: $what"; echo tried; done' >"$work/out" 2>&1
    worked=$(grep -c '^worked' "$work/out")
    [ "$worked" -eq 0 ] || bad "$space: $worked attacks on a repository worked"
    tried=$(grep -c '^tried' "$work/out")
    [ "$tried" -eq "$(attacks | wc -l)" ] || bad "$space: only $tried attacks were tried"
    passed=$((passed + tried - worked))
}

test_closed() {
    for space in /srv/id/demo /srv/acl/demo; do
        before=$(operator 'cat repo/.git/config repo/.git/commondir; ls -A repo/.git/hooks')
        attack
        if [ "$before" = "$(operator 'cat repo/.git/config repo/.git/commondir; ls -A repo/.git/hooks')" ]
        then ok; else bad "$space: something changed"; fi
        expect 0 '  the operator may all of it, during a session' sh -c "
            tests/live/machine sh '$machine' sh -c 'cd $space && /opt/demo/bin/agent-sandbox run sleep 2' &
            sleep 1
            tests/live/machine sh '$machine' su admin -c 'set -e; cd $space/repo
                git config my.own 1; echo x >.git/hooks/mine; rm .git/hooks/mine; cd ..
                mv repo r; mv r repo'
            ended=\$?; wait; exit \$ended"
    done
    test_closed_links
    expect 0 'verify' sandbox verify
}

# What stands in the way of closing must lead root nowhere.
test_closed_links() {
    space=/srv/id/demo
    expect 0 'odd repositories' operator 'mkdir -p l/.git m/.git n; ln -s /etc l/.git/hooks
        ln -s /etc/passwd l/.git/config; ln -s /etc m/.git/worktrees; ln -s ../repo/.git n/.git
        mkfifo m/.git/config.worktree; git clone -q repo o; rm -rf o/.git/hooks'
    expect 0 '  are named, or closed' agent 'mkdir -p /tmp/x; ! touch o/.git/hooks/x; ! touch m/.git/hooks/x
        ! rmdir m/.git/hooks; ! touch m/.git/config; ! grep -q " $PWD/l/.git/hooks " /proc/self/mountinfo'
    cp "$work/out" "$work/out.links"
    for link in l/.git/hooks l/.git/config n/.git; do
        expect 0 "  and said: $link" grep -qx "agent-sandbox: left open, because it is a link: $space/$link" "$work/out.links"
    done
    expect_output 'root root' '  nothing of root was touched' inside stat -c '%U %G' /etc/passwd
    expect 0 '  clean' operator 'rm -rf l m n o'
}

# swept TEXT COMMAND WANTED: the paths that the sweep prints, of all kinds
swept() {
    agent "$2" 2>&1 | sed -n 's|^  [^/]*: \("*/.*\)|\1|p' | sed 's/, /\n/g' |
        sed "s|^\"*$space/||; s|\"\$||" | LC_ALL=C sort >"$work/swept"
    expect_output "$3" "$space: $1" cat "$work/swept"
}

test_sweep() {
    for space in /srv/id/demo /srv/acl/demo; do
        operator 'mkdir -p js .husky old; printf "{\"scripts\": {\"a\": \"b\"}, \"version\": \"1\"}" >js/package.json
            echo x >.husky/pre-commit; echo x >Makefile; echo x >old/pre-commit; chmod -R a+rwX js .husky Makefile old'
        sleep 0.1
        swept 'nothing changed' 'true' ''
        swept 'a commit' 'cd repo; git commit -q --allow-empty -m x' ''
        swept 'files that tools run' 'touch .envrc; mkdir .vscode; touch .vscode/tasks.json; echo y >>Makefile
            echo y >>.husky/pre-commit; ln -s /etc/passwd conftest.py; touch plain.c' \
            '.envrc
.husky/pre-commit
.vscode/tasks.json
Makefile
conftest.py'
        swept 'with its time set back' 'echo x >.envrc; touch -d 2001-01-01 .envrc' .envrc
        swept 'a package.json whose version changes' 'sed -i s/1/2/ js/package.json' ''
        swept 'a package.json whose scripts change' 'sed -i "s/\"b\"/\"evil\"/" js/package.json' js/package.json
        swept 'one that does not parse' 'echo { >js/package.json' js/package.json
        swept 'a link in its place' 'ln -sf /etc/passwd js/package.json' js/package.json
        swept 'a new repository' 'git init -q fresh; touch fresh/Makefile' 'fresh/.git/
fresh/Makefile'
        swept 'a folder of hooks that is moved here' 'mv .husky .h; mv old .husky' .husky/pre-commit
        swept 'a folder that got another name since the last session' 'mkdir -p node_modules/n; touch node_modules/n/.envrc' ''
        swept '  then' 'mv node_modules/n named' named/.envrc
        swept 'a name with a line end' 'mkdir "a
b"; touch "a
b/.envrc"' 'a?b/.envrc'
        expect_words 'all of them: /var/lib/agent-sandbox/demo/swept/' 'many are in a list' agent \
            'for n in 1 2 3 4 5 6 7 8 9; do mkdir -p many/$n; touch many/$n/Makefile; done'
        expect 0 '  which the operator reads' inside su admin -c \
            'grep -q many/9/Makefile /var/lib/agent-sandbox/demo/swept/*'
        expect 0 'it touched nothing' operator 'test -L conftest.py -a -f .envrc -a -d .vscode'
        expect 0 'two at once, each its own' sh -c "
            for n in 1 2; do
                tests/live/machine sh '$machine' sh -c 'cd $space && /opt/demo/bin/agent-sandbox run sh -c \"mkdir p\$1; touch p\$1/.envrc\"' sh \$n >'$work/two'.\$n 2>&1 &
            done
            wait; grep -q p1/.envrc '$work/two.1' && grep -q p2/.envrc '$work/two.2'"
    done
}
