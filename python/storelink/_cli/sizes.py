"""Sizes and durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = "KMGTPE"
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def human(size: int) -> str:
    """A number of bytes in units of 1024, with three digits at most, such as 1.4M."""
    if size < 1024:
        return str(size)
    value, unit = float(size), -1
    while value >= 999.5 and unit + 1 < len(_UNITS):
        value /= 1024
        unit += 1
    return f"{value:.1f}{_UNITS[unit]}" if value < 9.95 else f"{value:.0f}{_UNITS[unit]}"


def parse_size(text: str) -> int:
    """Bytes: a number, and K, M, G or T for units of 1024. ValueError for anything else."""
    match = re.fullmatch(r"(\d+)\s*([KMGT]?)(i?B)?", text.strip(), re.IGNORECASE)
    if match is None or (match[3] and not match[2]):
        raise ValueError(f"{text!r} is no size: write a number of bytes, or such as 8M")
    return int(match[1]) * (1024 ** (_UNITS.index(match[2].upper()) + 1) if match[2] else 1)


def parse_duration(text: str) -> timedelta:
    """A number of seconds, or such as 15m, 12h, 7d, 1h30m. ValueError for anything else, and for no time at all."""
    parts = re.findall(r"(\d+)([smhdw]?)", text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise ValueError(f"{text!r} is no duration: write a number of seconds, or such as 15m, 12h or 7d")
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if seconds == 0:
        raise ValueError("a duration of 0 is none")
    return timedelta(seconds=seconds)
