"""Markup whose text is escaped by construction: what is not a `Markup` can only ever be text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


#: Control characters as the pictures that Unicode has of them, so that none is lost or ends a document.
_VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {127: 0x2421}


def escaped(text: str) -> Markup:
    """Any text as markup that shows it; `Markup` stays as it is."""
    return text if isinstance(text, Markup) else Markup(escape(text.translate(_VISIBLE), quote=True))


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after another."""
    return Markup("".join(escaped(part) for part in parts))


def element(tag: str, *children: str, **attributes: str | None) -> Markup:
    """An element; attributes that are None are left out, `class_` is `class`, `stroke_width` is `stroke-width`.

    >>> element("td", "a < b", class_="number")
    '<td class="number">a &lt; b</td>'
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{given}>{joined(children)}</{tag}>")


def isolated(text: str) -> Markup:
    """Text of a user's own, whose writing direction stays its own."""
    return element("bdi", text)
