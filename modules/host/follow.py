"""What is obeyed where no name says so: what a repository's configuration leads to, what a .git file
or a link stands for. Only inside the workspaces; nothing else can be written by a session."""

import os
import stat

import gitconfig
import naming
import obeyed
from notes import text_of
from repositories import inside_of, target_of

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
HOPS = 8  # links behind each other
MOST = 20000  # of each kind; beyond it they are named as not looked at


class Leads:
    def __init__(self, sweep):
        self.sweep = sweep
        self.links = []  # (path, table, state)
        self.repositories = []  # (path, what, value)
        self.tops = {}  # repository: folders that a .git file makes a work tree of it

    def repository(self, fd, path):
        """One that was here before: what does its configuration lead to?"""
        for name in ("config", "config.worktree"):
            try:
                text = text_of(fd, name)
            except (OSError, ValueError):
                continue
            self.configuration(text, path, path)

    def configuration(self, text, path, folder):
        """Of the repository at path; it stands in the folder, which an include is looked for in."""
        for what, value in set(gitconfig.led_to(text)):
            self.keep(self.repositories, (path, what, value, folder), path)

    def pointer(self, fd, path):
        folder = path[: -len("/.git")]
        try:
            target = target_of(text_of(fd, ".git", 8192), folder)
        except (OSError, ValueError):
            return
        while target and target != "/" and len(self.tops) < MOST:
            # A worktree's own folder lies in the repository whose configuration counts.
            self.tops.setdefault(target, set()).add(folder)
            target = os.path.dirname(target) if "/worktrees" in target else None

    def link(self, path, table, state):
        self.keep(self.links, (path, table, state), path)

    def keep(self, kept, item, path):
        if len(kept) < MOST:
            kept.append(item)
        else:
            self.sweep.named.unseen(path)

    def look(self):
        links, self.links = self.links, []
        seen = set()
        for path, table, state in links:
            self.look_behind(path, table, state, seen)
        seen.clear()
        while self.repositories:
            path, what, value, folder = item = self.repositories.pop()
            if item not in seen:
                seen.add(item)
                bases = {path, os.path.dirname(path), *self.tops.get(path, ())}
                for base in {folder} if what == "include" else bases:
                    self.look_at(os.path.normpath(os.path.join(base, value)), what, path)

    def look_at(self, path, what, repository):
        new, about, path = self.seen(path)
        if about is None:
            return
        if what == "hooks" and stat.S_ISDIR(about.st_mode):
            for name in self.names(path):
                inside_new, _, inside = self.seen(f"{path}/{name}")
                if new or inside_new:
                    self.sweep.named.add(naming.GIT, inside)
            return
        if new and not stat.S_ISDIR(about.st_mode):
            self.sweep.named.add(naming.GIT, path)
        if what == "include" and len(self.repositories) < MOST:
            self.included(path, repository)

    def included(self, path, repository):
        folder = os.path.dirname(path)
        fd = self.opened(folder)
        if fd is None:
            return
        try:
            self.configuration(text_of(fd, os.path.basename(path)), repository, folder)
        except (OSError, ValueError):
            pass  # git reads nothing there either
        finally:
            os.close(fd)

    def look_behind(self, path, table, state, seen):
        """An old link whose name is of the table: what it stands for may have changed."""
        new, about, target = self.seen(path)
        if about is None:
            return
        if not stat.S_ISDIR(about.st_mode):
            heading = obeyed.heading(state)
            if new and heading is not None:
                self.sweep.named.add(heading, path)
        elif (target, state) not in seen:
            seen.add((target, state))
            fd = self.opened(target)
            if fd is not None:
                self.sweep.folder(fd, target, table, state, new)
                # Links behind links are what they are under their own names.
                self.links.clear()

    def seen(self, path, hops=0, new=False):
        """(whether it is new, what it is, where it lies), through links; None for what is elsewhere or
        is not there."""
        workspace = next((w for w in self.sweep.workspaces if inside_of(path, w)), None)
        if workspace is None:
            return False, None, path
        fd, so_far = self.sweep.open(workspace), workspace
        try:
            names = inside_of(path, workspace).split("/")
            for at, name in enumerate(names):
                so_far = f"{so_far}/{name}"
                about = os.lstat(name, dir_fd=fd)
                if stat.S_ISLNK(about.st_mode):
                    if hops == HOPS:
                        return False, None, path
                    target = os.path.join(os.path.dirname(so_far), os.readlink(name, dir_fd=fd), *names[at + 1 :])
                    return self.seen(os.path.normpath(target), hops + 1, new or self.sweep.newer(about))
                if not stat.S_ISDIR(about.st_mode):
                    new = new or self.sweep.newer(about)
                    return (new, about, path) if at + 1 == len(names) else (False, None, path)
                new = new or self.sweep.moved(so_far, about)
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
            return new, about, path
        except OSError:
            return False, None, path
        finally:
            os.close(fd)

    def names(self, path):
        fd = self.opened(path)
        if fd is None:
            return []
        try:
            return sorted(os.listdir(fd))
        finally:
            os.close(fd)

    def opened(self, path):
        """The folder, step by step."""
        workspace = next((w for w in self.sweep.workspaces if (path + "/").startswith(w + "/")), None)
        if workspace is None:
            return None
        fd = self.sweep.open(workspace)
        try:
            for name in filter(None, path[len(workspace) :].split("/")):
                above, fd = fd, os.open(name, FOLDER, dir_fd=fd)
                os.close(above)
            return fd
        except OSError:
            os.close(fd)
            return None
