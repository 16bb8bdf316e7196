"""Regular expressions: literal, linear on every engine that a metric may run on, and readable to DuckDB's (RE2).

What RE2 would refuse, or read otherwise, is refused when the metric is defined, so that no metric stops in a run.
"""

from __future__ import annotations

import re
import warnings

from sqlglot import exp

from engine.metrics.expressions import Expressions, Handler
from engine.metrics.kinds import Kind, KindError, Typed, as_text
from engine.metrics.literals import text_literal, whole_literal

#: What a backtracking engine offers and a linear one does not.
_BACKTRACKING = re.compile(r"\(\?(?!:|i\))|\\[1-9]|[*+?}]\+")
#: One sign of a pattern: an escape, a bracketed set, a counted repetition, or anything else.
_SIGN = re.compile(
    r"\\(?P<escaped>.)|\[\^?\]?(?P<set>(?:\\.|[^\]\\])*)\]|\{(?P<low>[0-9]*)(?:,(?P<high>[0-9]*))?\}|.", re.DOTALL
)
#: In a set: letters by the name of their kind, which Python does not know.
_NAMED_SET = re.compile(
    r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]"
)
_ESCAPED = frozenset("dDwWsSbBAntrfvax0")
_ESCAPED_IN_A_SET = _ESCAPED - set("bBA")
_MOST_REPEATED = 1_000
#: In a replacement: an escape, or a backslash at the end.
_INSERTED = re.compile(r"\\(.?)", re.DOTALL)


def _pattern(node: exp.Expr | None, where: str) -> tuple[exp.Literal, int]:
    """A pattern whose time stays linear everywhere, and how many groups it has."""
    pattern = text_literal(node, where)
    known = _NAMED_SET.sub(r"\\w", pattern.name)
    try:
        with warnings.catch_warnings(action="ignore"):
            groups = re.compile(known).groups
    except (re.error, RecursionError, OverflowError) as error:
        raise KindError(f"this pattern is not a regular expression: {error}", "") from error
    if _BACKTRACKING.search(pattern.name):
        raise KindError("look-around and back-references are not supported", "match what is there, and use AND NOT")
    if repeats_a_repetition(pattern.name):
        raise KindError(
            "this pattern repeats a group that itself repeats, such as (a+)+, which can take exponential time",
            "write the repetition once",
        )
    _check_signs(known)
    return pattern, groups


def _check_signs(pattern: str) -> None:
    for sign in _SIGN.finditer(pattern):
        _check_escape(sign["escaped"], _ESCAPED)
        for inner in re.finditer(r"\\(.)", sign["set"] or "", re.DOTALL):
            _check_escape(inner[1], _ESCAPED_IN_A_SET)
        if "[:" in (sign["set"] or ""):
            raise KindError(
                f"{sign[0][:40]} names no known kind of letter", "write [[:alpha:]], [[:digit:]] or [[:alnum:]]"
            )
        low, high = sign["low"], sign["high"]
        if low == "" and high:
            raise KindError(f"{sign[0]} lacks its first number", f"write {{0,{high}}}")
        if any(number and int(number) > _MOST_REPEATED for number in (low, high)):
            raise KindError(f"{sign[0]} repeats more than {_MOST_REPEATED:,} times", "repeat it less often")


def _check_escape(letter: str | None, known: frozenset[str]) -> None:
    if letter is not None and letter not in known and (letter.isalnum() or not letter.isascii()):
        remedy = "write $ for the end" if letter in "zZ" else "write the character itself"
        raise KindError(f"\\{letter} means nothing in this place of a pattern", remedy)


def repeats_a_repetition(pattern: str) -> bool:
    """Whether a quantifier follows a group that holds a quantifier.

    >>> repeats_a_repetition("(x+x+)+y"), repeats_a_repetition("(ab)+[+*]+"), repeats_a_repetition("((a{2}))*")
    (True, False, True)
    """
    groups, inside, at = [False], False, 0
    closed = False
    while at < len(pattern):
        sign = pattern[at]
        repeated = sign in "*+{" and not inside
        if repeated and closed:
            return True
        if repeated:
            groups[-1] = True
        closed = False
        if sign == "\\":
            at += 1
        elif inside or sign == "[":
            inside = sign != "]"
        elif sign == "(":
            groups.append(False)
        elif sign == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        at += 1
    return False


def _regexp_like(typer: Expressions, node: exp.RegexpLike) -> Typed:
    text = as_text(typer.typed(node.this), "REGEXP_MATCHES").node
    pattern, _ = _pattern(node.expression, "REGEXP_MATCHES")
    return Typed(exp.Anonymous(this="REGEXP_MATCHES", expressions=[text, pattern]), Kind.BOOLEAN)


def _regexp_extract(typer: Expressions, node: exp.RegexpExtract) -> Typed:
    text = as_text(typer.typed(node.this), "REGEXP_EXTRACT").node
    pattern, groups = _pattern(node.expression, "REGEXP_EXTRACT")
    arguments: list[exp.Expr] = [text, pattern]
    if node.args.get("group") is not None:
        group = whole_literal(node.args["group"], "the group", 0, 9)
        _check_group(group, groups)
        arguments.append(exp.Literal.number(group))
    return Typed(exp.Anonymous(this="REGEXP_EXTRACT", expressions=arguments), Kind.TEXT)


def _regexp_replace(typer: Expressions, node: exp.RegexpReplace) -> Typed:
    text = as_text(typer.typed(node.this), "REGEXP_REPLACE").node
    pattern, groups = _pattern(node.expression, "REGEXP_REPLACE")
    replacement = text_literal(node.args["replacement"], "REGEXP_REPLACE")
    for inserted in _INSERTED.findall(replacement.name):
        if inserted in tuple("0123456789"):
            _check_group(int(inserted), groups)
        elif inserted != "\\":
            raise KindError(
                f"\\{inserted} means nothing in a replacement", r"write \1 for a group, or \\ for a backslash"
            )
    arguments: list[exp.Expr] = [text, pattern, replacement]
    if node.args.get("modifiers") is not None:
        modifiers = text_literal(node.args["modifiers"], "REGEXP_REPLACE")
        if modifiers.name not in ("g", "i", "gi", "ig"):
            raise KindError(f"REGEXP_REPLACE knows the modifiers g and i, not {modifiers.name!r}", "")
        arguments.append(modifiers)
    return Typed(exp.Anonymous(this="REGEXP_REPLACE", expressions=arguments), Kind.TEXT)


def _check_group(group: int, groups: int) -> None:
    if group <= groups:
        return
    have = "no groups" if groups == 0 else "one group" if groups == 1 else f"{groups} groups"
    raise KindError(
        f"there is no group {group}: the pattern has {have}",
        "put ( ) around what it should find, or write 0 for all of it",
    )


HANDLERS: dict[type[exp.Expr], Handler] = {
    exp.RegexpLike: _regexp_like,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
}
