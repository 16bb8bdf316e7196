"""The relations a query reads and the names they offer: `events`, the query's own CTEs, and sub-queries.

Every relation is renamed `m_<name>`, so that no name of the analyst can capture a name of the compiled query
around it. Every column is qualified with its relation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from engine.errors import did_you_mean
from engine.metrics.kinds import Kind, KindError, Typed
from engine.metrics.properties import BAG, property_access

EVENTS = "events"
#: The documented columns of `events` besides the property bag (`spec/metering.md` §7.1).
EVENT_COLUMNS = {"event_type": Kind.TEXT, "timestamp": Kind.TIMESTAMP}
#: Columns the compiler may read to break ties, but a metric may not.
HIDDEN_COLUMNS = ("ingested_at", "transaction_id")
_PREFIX = "m_"
_FORBIDDEN = {
    "customer_id": "the customer is applied for you",
    "transaction_id": "events are deduplicated for you; use COUNT(*)",
    "ingested_at": "a metric sees events by their timestamp",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """Something in a FROM clause; `columns` maps the lower-case name to the name and kind of each column."""

    name: str
    columns: dict[str, tuple[str, Kind]]
    is_events: bool = False
    #: One row for each event, or for several events of a join: not aggregated yet.
    per_event: bool = False
    single_row: bool = False
    #: Lower-case names of columns that together are different in every row, when some are known to be.
    key: frozenset[str] | None = None

    def column(self, name: str) -> Typed | None:
        found = self.columns.get(name.lower())
        return None if found is None else Typed(exp.column(found[0], table=self.name, quoted=True), found[1])

    def total_order(self) -> list[exp.Expr]:
        """Columns that order the rows completely, up to rows that are equal in all a query can see."""
        if self.is_events:
            names = ["timestamp", *HIDDEN_COLUMNS]
        else:
            names = [name for name, _ in self.columns.values()]
        return [exp.column(name, table=self.name, quoted=True) for name in names]


def events_relation(name: str) -> Relation:
    columns = {column: (column, kind) for column, kind in EVENT_COLUMNS.items()}
    return Relation(name, columns, is_events=True, per_event=True)


def relation_name(name: str) -> str:
    return _PREFIX + name.lower()


@dataclass(slots=True)
class Scope:
    """The names that an expression of one SELECT may use; `outer` is the SELECT around a sub-query."""

    outer: Scope | None = None
    relations: dict[str, Relation] = field(default_factory=dict)
    #: Relations of outer SELECTs that were used: the sub-query is correlated with them.
    borrowed: set[str] = field(default_factory=set)

    def add(self, written: str, relation: Relation) -> None:
        if written.lower() in self.relations:
            raise KindError(f"the name {written!r} is used twice in this FROM", "give one of them another alias")
        self.relations[written.lower()] = relation

    def find(self, written: str) -> Relation | None:
        scope: Scope | None = self
        while scope is not None:
            relation = scope.relations.get(written.lower())
            if relation is not None:
                if scope is not self:
                    self.borrowed.add(relation.name)
                return relation
            scope = scope.outer
        return None

    def events(self) -> Relation:
        """The one `events` an unqualified property belongs to."""
        scope: Scope | None = self
        while scope is not None:
            found = {name: relation for name, relation in scope.relations.items() if relation.is_events}
            if len(found) > 1:
                names = " or ".join(f"{name}.{BAG}" for name in sorted(found))
                raise KindError(f"{BAG} is ambiguous: events is read more than once here", f"write {names}")
            if found:
                relation = next(iter(found.values()))
                if scope is not self:
                    self.borrowed.add(relation.name)
                return relation
            scope = scope.outer
        raise KindError(
            f"{BAG} is not visible here: this FROM reads no events",
            "select the property in the sub-query under a name and use that name",
        )

    def resolve(self, names: list[str]) -> Typed | None:
        """The column or property that a dotted name means; None when one bare name is unknown."""
        first = names[0].lower()
        if first == BAG and self.find(BAG) is None:
            return self._property(self.events(), names[1:])
        if len(names) == 1:
            return self._bare(names[0])
        relation = self.find(names[0])
        if relation is None:
            known = [BAG, *self._relation_names()]
            raise KindError(f"{names[0]!r} is not a table here", did_you_mean(names[0], known))
        if relation.is_events and names[1].lower() == BAG:
            return self._property(relation, names[2:])
        if len(names) > 2:
            raise KindError(f"{'.'.join(names)!r} has too many parts", f"known parts are {BAG}.<name> and columns")
        column = relation.column(names[1])
        if column is None:
            self._refuse_hidden(names[1], relation)
            known = [name for name, _ in relation.columns.values()]
            raise KindError(f"{names[0]!r} has no column {names[1]!r}", did_you_mean(names[1], known))
        return column

    def _property(self, relation: Relation, path: list[str]) -> Typed:
        if not path:
            raise KindError(f"{BAG} as a whole cannot be used", f"name one: {BAG}.region")
        return Typed(property_access(tuple(path), relation.name), Kind.PROPERTY)

    def _bare(self, name: str) -> Typed | None:
        scope: Scope | None = self
        while scope is not None:
            found = [column for r in scope.relations.values() if (column := r.column(name)) is not None]
            if len(found) > 1:
                raise KindError(f"{name!r} is ambiguous", "write the table in front of it: a." + name)
            if found:
                if scope is not self and isinstance(found[0].node, exp.Column):
                    self.borrowed.add(found[0].node.table)
                return found[0]
            scope = scope.outer
        return None

    def unknown(self, name: str) -> KindError:
        """The message for a bare name that is no column."""
        for relation in self.relations.values():
            self._refuse_hidden(name, relation)
        columns = [column for r in self.relations.values() for column, _ in r.columns.values()]
        near = did_you_mean(name, columns) if columns else ""
        if any(relation.is_events for relation in self.relations.values()) and not near.startswith("did"):
            near = f"write {BAG}.{name} for an event property; the columns of events are event_type and timestamp"
        return KindError(f"{name!r} is not a column here", near)

    def _refuse_hidden(self, name: str, relation: Relation) -> None:
        if relation.is_events and name.lower() in _FORBIDDEN:
            raise KindError(f"{name} cannot be read in a metric", _FORBIDDEN[name.lower()])

    def _relation_names(self) -> list[str]:
        return [*self.relations, *(self.outer._relation_names() if self.outer else [])]
