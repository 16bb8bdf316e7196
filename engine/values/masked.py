"""What a library says of an error, without the data that it quotes."""

from __future__ import annotations

import re
import traceback

#: A quote that opens, not an apostrophe.
_QUOTE = re.compile(r"""(?<![A-Za-z])["'`]""")


def without_values(message: str) -> str:
    r"""The first line of a message up to the first quoted text, which may be what a customer sent.

    >>> without_values("Conversion Error: Could not convert string 'ada@example.com' to INT32\nLINE 1: …")
    'Conversion Error: Could not convert string'
    """
    line = message.strip().partition("\n")[0]
    # Malformed JSON is quoted after this word, whatever stands in it.
    line = line.partition(" Input:")[0]
    return _QUOTE.split(line, maxsplit=1)[0].rstrip(" :.")


def masked_traceback(error: BaseException) -> str:
    """A traceback for a bug report: where each error was raised, and what it says without the data that it quotes."""
    told: list[str] = []
    each: BaseException | None = error
    while each is not None:
        told.append("".join(traceback.format_tb(each.__traceback__)))
        told.append(f"{type(each).__name__}: {without_values(str(each))}\n")
        each = each.__cause__ or each.__context__
    return "".join(told)
