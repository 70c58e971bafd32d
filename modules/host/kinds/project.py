"""project: what root keeps of a project that was used (project_state), in a folder of root's alone with the agent's home in it."""

import stat
import time

from kinds.folder import entry_differs
from kinds.kind import Kind
from say import printable


class Project(Kind):
    """name: the project; desired: (the folder of what is kept, the agent's home in it)"""

    kind = "project"

    def observe(self):
        place, home = self.desired
        agent = self.host.about(home)
        wrong = {place: entry_differs(self.host, place, stat.S_ISDIR, "0700", "0", "0")}
        if agent:  # what may be done with it is the agent's choice
            mode, owner = f"{stat.S_IMODE(agent.st_mode):04o}", str(self.sandbox.agent_uid)
            wrong[home] = entry_differs(self.host, home, stat.S_ISDIR, mode, owner, owner)
        return {path: why for path, why in wrong.items() if why}

    def differs(self, seen):
        return "; ".join(f"{path}: {why}" for path, why in seen.items())

    def converge(self, seen):
        place, home = self.desired
        agent = self.sandbox.agent_uid
        for path, owner in ((place, "0:0"), (home, f"{agent}:{agent}")):
            if path in seen and self.host.is_folder(path):
                self.host.tell("chown", "--no-dereference", owner, path)
        if place in seen and self.host.is_folder(place):
            self.host.tell("chmod", "0700", place)

    def tell(self, seen):
        place, home = self.desired
        noted = self.host.about(f"{place}/about")
        if noted is None:
            return []
        used = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(noted.st_mtime))
        return [f"project     {printable(self.name)}: used {used}" + (", with a home of its own" if self.host.about(home) else "")]
