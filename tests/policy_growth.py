"""policy_growth.py: the policy diff of two specs of 10,000 rules with 30 paths each takes, by counted steps
(policy_growth.c), no more than n log n of what that of 500 rules takes, and a third; whatever the hosts,
the paths and the changes are. Counting is exact where timing is not."""

import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c11", "-D_XOPEN_SOURCE=700", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{ROOT}/gen"]
LIBRARIES = ["jansson", "libxml-2.0", "libdeflate", "libpsl", "libgit2"]
PATHS, FEW, MANY, SPARE = 30, 500, 10000, 4 / 3


def run(*command) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def build(folder: pathlib.Path, counted: bool) -> pathlib.Path:
    """policy_growth.c with the generator's own objects; the policy's anew where steps are counted."""
    run(f"{ROOT}/tests/built", "gcc", "all.a")
    compiler, program, anew = os.environ.get("CC", "cc"), folder / "policy_growth", []
    gen = ROOT / "gen"
    sources = [*sorted((gen / "policy").glob("*.c")), gen / "spec" / "path_pattern.c"] if counted else []
    for source in sources:
        anew.append(folder / f"{source.stem}.o")
        run(compiler, *FLAGS, "-O1", "-fsanitize-coverage=trace-pc", "-c", source, "-o", anew[-1])
    run(compiler, *FLAGS, "-O1", ROOT / "tests" / "policy_growth.c", *anew, ROOT / "build" / "all.a",
        *run("pkg-config", "--libs", *LIBRARIES).split(), "-o", program)
    return program


def kinds(program: pathlib.Path) -> list[str]:
    return run(program).splitlines()


def took(program: pathlib.Path, kind: str, rules: int, most: int = 0) -> tuple[int, int]:
    """Steps and nanoseconds."""
    steps, time = run(program, kind, str(rules), str(most)).split()
    return int(steps), int(time)


def work(rules: int) -> float:
    return rules * math.log2(rules * PATHS)


def grows(program: pathlib.Path, kind: str) -> bool:
    """Whether it grows too fast; then it is not waited for."""
    few, _ = took(program, kind, FEW)
    most = int(SPARE * few * work(MANY) / work(FEW))
    try:
        many, _ = took(program, kind, MANY, most)
    except subprocess.CalledProcessError:
        print(f"{kind}: {few:,} steps for {FEW} rules, and more than {most:,} for {MANY:,}")
        return True
    print(f"{kind}: {few:,} steps for {FEW} rules, {many:,} for {MANY:,}")
    return False


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="agent-sandbox-test-") as name:
        program = build(pathlib.Path(name), counted=True)
        return any([grows(program, kind) for kind in kinds(program)])


if __name__ == "__main__":
    sys.exit(main())
