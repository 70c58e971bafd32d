"""JSON as the native engine reads it (jansson): UTF-8, an object or a list, no key twice, no NaN, no NUL in a text,
no number that a machine's own cannot be."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def loads(text: bytes) -> Any:
    """Raises ValueError."""
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_constant,
                           parse_int=_integer, parse_float=_real)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, (dict, list)):
        raise ValueError("neither an object nor a list")
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is there twice")
    for key, value in pairs:
        if "\0" in key or (isinstance(value, str) and not is_text(value)):
            raise ValueError("a text holds what none may")
    return made


def is_text(value: str) -> bool:
    """Neither NUL nor half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _integer(text: str) -> int:
    if len(text) > 20 or not -1 << 63 <= int(text) < 1 << 63:
        raise ValueError("a number is too large")
    return int(text)


def _real(text: str) -> float:
    if math.isinf(float(text)):
        raise ValueError("a number is too large")
    return float(text)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
