"""Billable metrics: what is counted in the events of one customer (spec/metering.md §4, §5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import Field

from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Instant,
    Name,
    TextMap,
)
from engine.catalog.place import Place
from engine.errors import did_you_mean
from engine.values.period import format_instant


class Aggregation(StrEnum):
    COUNT = "COUNT"
    SUM = "SUM"
    MAX = "MAX"
    UNIQUE = "UNIQUE"
    LATEST = "LATEST"


class EventTypeFilter(CatalogObject):
    """Which event types a streaming metric sees; both lists compare exactly."""

    in_values: tuple[str, ...] | None = None
    not_in_values: tuple[str, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        if self.in_values == ():
            yield Finding(("in_values",), "in_values is empty, so no event would count", "leave it out or fill it")


class PropertyFilter(CatalogObject):
    """One condition on one property; every filter of a metric must pass."""

    name: Name
    exists: Flag | None = None
    in_values: tuple[str, ...] | None = None
    not_in_values: tuple[str, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        if self.in_values == ():
            yield Finding(("in_values",), "in_values is empty, so no event would count", "leave it out or fill it")
        if self.exists is False and self.in_values:
            yield Finding(
                ("in_values",),
                f"property {self.name!r} must be absent and have a value at once",
                "remove in_values or exists: false",
            )

    @property
    def requires_presence(self) -> bool:
        """Whether an event without the property fails this filter."""
        return self.exists is True or bool(self.in_values)


_SQL_GAP = re.compile(r"""(?P<kept>'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$.*?\$\$)|(?:--[^\n]*|/\*.*?\*/|\s+)+""", re.DOTALL)


def sql_without_comments(sql: str) -> str:
    """The text of a SQL metric with comments and runs of white space made one space, quoted text untouched.

    >>> sql_without_comments("/* a */ SELECT '--'  -- b")
    "SELECT '--'"
    """
    return _SQL_GAP.sub(lambda gap: gap["kept"] or " ", sql).strip()


class BillableMetric(CatalogObject):
    """A streaming metric (declared) or a SQL metric (`sql`), never both.

    Everything but `name`, `display_name`, `description`, `unit` and `custom_fields` is immutable once a run
    has used it. With `effective_from` a streaming metric sees only events that arrived then or later, as in
    Metronome, where it does not see what came before its creation (spec/metering.md §17.13). `source` is where the
    text of `sql`, or else the definition, starts; it is no part of the metric.
    """

    accepted = RESPONSE_KEYS
    later = frozenset({"archived_at"})

    id: Name
    name: Name
    display_name: str | None = None
    description: str | None = None
    unit: str | None = None
    aggregation_type: Annotated[Aggregation, AnyCase()] | None = None
    aggregation_key: Name | None = None
    event_type_filter: EventTypeFilter | None = None
    property_filters: tuple[PropertyFilter, ...] = ()
    group_keys: tuple[tuple[Name, ...], ...] = ()
    sql: Name | None = None
    effective_from: Instant | None = None
    custom_fields: TextMap = ()
    source: Place | None = Field(default=None, exclude=True, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BillableMetric):
            return NotImplemented
        return self._without_source() == other._without_source()

    def __hash__(self) -> int:
        return hash((self.id, self.name))

    def _without_source(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in type(self).model_fields if name != "source"}

    def definition_hash(self) -> str:
        """SHA-256 over what makes this metric count what it counts; equal hashes count alike.

        The order of filters, values and group keys, and comments and spacing in SQL, make no difference.
        """
        filters = [
            (each.name, each.exists, sorted(each.in_values or ()), sorted(each.not_in_values or ()))
            for each in self.property_filters
        ]
        event_types = self.event_type_filter or EventTypeFilter()
        definition: dict[str, object] = {
            "aggregation_type": self.aggregation_type,
            "aggregation_key": self.aggregation_key,
            "event_types": (sorted(event_types.in_values or ()), sorted(event_types.not_in_values or ())),
            "property_filters": sorted(filters, key=repr),
            "group_keys": sorted(sorted(key) for key in self.group_keys),
            "sql": None if self.sql is None else sql_without_comments(self.sql),
        }
        if self.effective_from is not None:
            definition["effective_from"] = format_instant(self.effective_from)
        return sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    def findings(self) -> Iterator[Finding]:
        yield from self._group_key_shape()
        if self.sql is not None:
            for field in (
                "aggregation_type",
                "aggregation_key",
                "event_type_filter",
                "property_filters",
                "effective_from",
            ):
                if getattr(self, field):
                    yield Finding((field,), f"a SQL metric takes no {field}", f"remove {field}, or sql")
            return
        if self.aggregation_type is None:
            yield Finding((), "neither aggregation_type nor sql is given", "a metric needs one of them")
            return
        yield from self._aggregation_key_rules()
        yield from self._group_keys_are_filtered()

    def _group_key_shape(self) -> Iterator[Finding]:
        for position, key in enumerate(self.group_keys):
            if not key:
                yield Finding(("group_keys", position), "a group key is empty", "name its properties")
            elif len(set(key)) < len(key):
                yield Finding(("group_keys", position), "a group key names a property twice", "name it once")

    def _aggregation_key_rules(self) -> Iterator[Finding]:
        names = {each.name for each in self.property_filters}
        key, kind = self.aggregation_key, self.aggregation_type
        if kind is Aggregation.COUNT:
            if key is not None:
                yield Finding(("aggregation_key",), "COUNT counts events and takes no aggregation_key", "remove it")
        elif key is None:
            yield Finding((), f"{kind} needs an aggregation_key", "name the property that it aggregates")
        elif key not in names:
            yield Finding(
                ("aggregation_key",),
                f"aggregation_key {key!r} is not one of the property_filters",
                _filter_remedy(key, names),
            )
        elif any(each.exists is False for each in self.property_filters if each.name == key):
            yield Finding(("aggregation_key",), f"aggregation_key {key!r} is filtered to be absent", "exists: true")

    def _group_keys_are_filtered(self) -> Iterator[Finding]:
        present = {each.name for each in self.property_filters if each.requires_presence}
        for position, key in enumerate(self.group_keys):
            for index, name in enumerate(key):
                if name not in present:
                    yield Finding(
                        ("group_keys", position, index),
                        f"group key {name!r} has no property filter with exists: true or in_values",
                        _filter_remedy(name, present),
                    )


def _filter_remedy(name: str, filtered: set[str]) -> str:
    near = did_you_mean(name, filtered)
    add = f"add {{name: {name}, exists: true}} to property_filters"
    return f"{near} or {add}" if near.startswith("did you mean") else add
