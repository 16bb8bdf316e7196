"""Which values are worth trying where a metric looks at an event: those it names itself, their neighbours, and others.

Nothing here decides what matches; whatever is tried is held against the metric's own conditions by the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from sqlglot import exp

from engine.metrics.placeholders import TO_DECIMAL, TO_WHOLE
from engine.metrics.properties import BAG, property_path
from engine.values.numbers import plain_text
from engine.values.period import parse_instant

#: What a metric looks at: a column of events, or `properties` and a property's name.
Subject = tuple[str, ...]

#: Texts longer than this are not tried.
_LONGEST = 200


class ExampleValues:
    """The values to try for each subject of some expressions, the likeliest first; None is an absent property.

    `likely` are values to prefer wherever the expressions leave a choice.
    """

    def __init__(
        self, trees: Sequence[exp.Expr], moments: Sequence[datetime], likely: Mapping[Subject, Sequence[str]]
    ) -> None:
        self._likely = likely
        self._literals: dict[Subject, list[str]] = {}
        self._numeric: set[Subject] = set()
        self._moments = list(moments)
        for tree in trees:
            self._learn(tree)

    def of(self, subject: Subject) -> list[str | datetime | None]:
        """What to try for a subject."""
        if subject == ("timestamp",):
            return [*self._moments]
        texts = list(dict.fromkeys(self._texts(subject)))
        return [*texts, None] if subject[0] == BAG else [*texts]

    def _texts(self, subject: Subject) -> Iterator[str]:
        literals = self._literals.get(subject, [])
        numeric = subject in self._numeric
        likely = [*self._likely.get(subject, ()), *literals]
        yield from sorted(_plain_matches(likely), key=lambda text: numeric and plain_text(text) is None)
        usual, unusual = (_numbers(), _words()) if numeric else (_words(), _numbers())
        yield next(text for text in usual if text not in literals)
        yield from _neighbours(literals)
        yield next(text for text in unusual if text not in literals)

    def _learn(self, tree: exp.Expr) -> None:
        for node in tree.walk():
            subject = subject_of(node)
            if subject is None:
                continue
            around = node.parent
            while around is not None and not isinstance(around, (exp.Connector, exp.Query, exp.Where, exp.Having)):
                if isinstance(around, exp.Anonymous) and str(around.this).upper() in (TO_DECIMAL, TO_WHOLE):
                    self._numeric.add(subject)
                if isinstance(around, exp.Predicate | exp.Func) and not isinstance(around, exp.AggFunc):
                    found = [
                        _text(each) for each in around.find_all(exp.Literal) if not isinstance(each.parent, exp.Bracket)
                    ]
                    self._literals[subject] = list(dict.fromkeys([*self._literals.get(subject, []), *found]))
                around = around.parent


def subject_of(node: exp.Expr | None) -> Subject | None:
    """What a node reads of an event as a whole, or None."""
    if isinstance(node, exp.Bracket):
        path = property_path(node)
        return None if path is None or isinstance(node.parent, exp.Bracket) else (BAG, ".".join(path))
    if isinstance(node, exp.Column) and node.name != BAG:
        return (node.name,)
    return None


def subjects_of(tree: exp.Expr) -> list[Subject]:
    """Everything that an expression reads of an event, in the order in which it is met."""
    found = (subject_of(node) for node in tree.walk(bfs=False))
    return list(dict.fromkeys(subject for subject in found if subject is not None))


def moments_near(
    base: datetime, trees: Iterable[exp.Expr], starting_at: datetime | None, ending_before: datetime | None
) -> list[datetime]:
    """Instants to try: `base`, the ones that expressions name, other hours and days; all of them inside an interval."""
    named = [moment for tree in trees for literal in tree.find_all(exp.Literal) if (moment := _instant(literal))]
    around = [moment + timedelta(hours=hours) for moment in named for hours in (0, 1, -1, 24)]
    others = [base + timedelta(hours=hours) for hours in range(1, 24)]
    others += [base + timedelta(days=days) for days in range(1, 32)] + [
        base - timedelta(days=days) for days in range(32)
    ]
    return [
        moment
        for moment in dict.fromkeys([base, *around, *others])
        if (starting_at is None or starting_at <= moment) and (ending_before is None or moment < ending_before)
    ]


def _plain_matches(texts: Iterable[str]) -> Iterator[str]:
    """The texts themselves, and before a pattern something that it matches."""
    for text in texts:
        if "%" in text:
            yield text.replace("%", "").replace("_", "x")
        yield text
        if any(letter in text for letter in "^$*\\"):
            yield "".join(letter for letter in text if letter not in "^$.*+?()[]{}|\\")


def _neighbours(texts: Iterable[str]) -> Iterator[str]:
    """The numbers beside numbers, and texts of such a length."""
    for text in texts:
        if plain_text(text) is not None and len(text) < _LONGEST:
            number = Decimal(text)
            yield from (format(each, "f") for each in (number + 1, number - 1))
            if number == number.to_integral_value() and 0 < number < _LONGEST:
                yield from ("x" * int(number), "x" * (int(number) + 1))


def _words() -> Iterator[str]:
    yield "example"
    yield from (f"example-{number}" for number in count(2))


def _numbers() -> Iterator[str]:
    return map(str, count(1))


def _text(literal: exp.Literal) -> str:
    return f"-{literal.name}" if isinstance(literal.parent, exp.Neg) else str(literal.name)


def _instant(literal: exp.Literal) -> datetime | None:
    if not literal.is_string or not isinstance(literal.parent, exp.Cast):
        return None
    text = literal.name.replace(" ", "T")
    try:
        return parse_instant(f"{text}Z" if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        return None
