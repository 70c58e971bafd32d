"""The interpreter that mitmproxy is installed for: it also has h2 and cryptography."""

import os
import shutil
import sys


def find() -> str:
    """PYTHON names it; else the first line of mitmdump does."""
    if os.environ.get("PYTHON"):
        return os.environ["PYTHON"]
    path = shutil.which("mitmdump")
    if not path:
        sys.exit("mitmdump is not installed")
    with open(path, "rb") as script:
        first = script.readline(200).decode("latin-1").strip()
    return first[2:] if first.startswith("#!/") and "python" in first else sys.executable
