"""policy_growth.py PROGRAM: four times the rules of one host, all changed, take no sixteen times the time."""

import json
import pathlib
import resource
import subprocess
import sys
import tempfile


def spec(rules: int, first: str) -> str:
    paths = [f"/r/{{}}/{k}/x" if k % 3 else f"/v/{{}}/{k}/**" for k in range(20)]
    return json.dumps({"version": 1, "name": "demo", "network": {"rules": [
        {"host": "api.example.org", "reason": str(i), "paths": [first.format(i)] + [path.format(i) for path in paths]}
        for i in range(rules)]}})


def seconds(program: str, folder: pathlib.Path, rules: int) -> float:
    (folder / "old.json").write_text(spec(rules, "/old/{}"))
    (folder / "new.json").write_text(spec(rules, "/new/{}/*"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    told = subprocess.run([program, "diff", folder / "old.json", folder / "new.json"], check=False,
                          stdout=subprocess.PIPE)
    assert told.returncode == 3 and b"/new/" in told.stdout
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


with tempfile.TemporaryDirectory(prefix="agent-sandbox-test-") as name:
    small, large = (min(seconds(sys.argv[1], pathlib.Path(name), n) for _ in range(3)) for n in (350, 1400))
    print(f"350 rules {small:.2f} s, 1400 rules {large:.2f} s")
    sys.exit(large > 8 * small)  # n log n: five times; quadratic: sixteen
