"""What the proxy has in common with the check of specs and with the firewall: vocabulary.json, which the
generator writes from its own tables (agent-sandbox vocabulary)."""

from __future__ import annotations

import json
import os
from typing import Any

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vocabulary.json"), encoding="ascii") as _file:
    WORDS: dict[str, Any] = json.load(_file)
