"""Amounts of memory and of disk as configuration writes them: `512MiB`, `2 GB`."""

from __future__ import annotations

import re

#: How an amount is written.
AMOUNT = r"[0-9]+(\.[0-9]+)? ?([KMGT]i?)?B"

_PARTS = re.compile(r"([0-9]+)(?:\.([0-9]+))? ?(?:([KMGT])(i?))?B")


def bytes_of(amount: str) -> int:
    """An amount as a number of bytes, rounded down; raises ValueError when it is not written as one.

    >>> bytes_of("512MiB"), bytes_of("1.5 KB")
    (536870912, 1500)
    """
    parts = _PARTS.fullmatch(amount)
    if parts is None:
        raise ValueError(f"{amount!r} is not an amount of memory")
    whole, fraction, prefix, binary = parts.groups()
    unit: int = (1024 if binary else 1000) ** (" KMGT".index(prefix) if prefix else 0)
    digits = fraction or ""
    return int(whole + digits) * unit // int("1" + "0" * len(digits))
