"""Searching for an event that meets requirements: many candidates at once, judged by the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.errors import UserError
from engine.events.table import PLACEHOLDER_FIELD
from engine.metrics.decimals import lower_numbers
from engine.metrics.properties import BAG
from engine.metrics.query import MetricQuery
from engine.metrics.scope import EVENT_FILES, PropertyStore, unscoped_events
from engine.reports.example_values import ExampleValues, Subject, subjects_of
from engine.values.numbers import NumberProfile, plain_text

#: How many candidates are judged at once, and how many of those that pass are kept for the next requirement.
MOST_TRIED = 20_000
MOST_KEPT = 200

#: What an event is made of, as far as requirements have settled it.
Assignment = Mapping[Subject, "str | datetime | None"]


@dataclass(frozen=True)
class Requirement:
    """A condition on one event: `query` selects from one `events` by its WHERE, None when no single event can meet it;
    `failed` says what is in the way, given the first candidate that was kept out.
    """

    query: MetricQuery | None
    failed: Callable[[Assignment], str]


class ExampleSearch:
    """Settles subject after subject; an event arrives at the very time at which it happens."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, values: ExampleValues) -> None:
        self.connection = connection
        self.values = values

    def first(self, requirements: Sequence[Requirement]) -> Assignment:
        """The first candidate that meets every requirement. Raises UserError with the one that nothing meets."""
        kept: list[Assignment] = [{}]
        for each in requirements:
            if each.query is None:
                raise UserError(each.failed(kept[0]))
            tried = self._extended(kept, subjects_of(each.query.select.args["where"].this))
            kept = [tried[number] for number in self._passing(tried, each.query)][:MOST_KEPT]
            if not kept:
                raise UserError(each.failed(tried[0] if tried else {}))
        return kept[0]

    def _extended(self, kept: Sequence[Assignment], subjects: Sequence[Subject]) -> list[Assignment]:
        """Every assignment with every value for what it has not settled yet."""
        settled = kept[0]
        # The time of arrival follows from the timestamp.
        wanted = [("timestamp",) if subject == ("ingested_at",) else subject for subject in subjects]
        open_ = [subject for subject in dict.fromkeys(wanted) if subject not in settled]
        choices = [self.values.of(subject) for subject in open_]
        combined = ({**one, **dict(zip(open_, values, strict=True))} for one in kept for values in product(*choices))
        return list(islice(combined, MOST_TRIED))

    def _passing(self, tried: Sequence[Assignment], query: MetricQuery) -> list[int]:
        if not tried:
            return []
        self.connection.register("tried", _table(tried))
        rows = exp.select("*").from_("tried")
        table = exp.Create(
            this=exp.to_table(EVENT_FILES),
            kind="TABLE",
            replace=True,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
            expression=rows,
        )
        self.connection.execute(table.sql("duckdb"))
        self.connection.unregister("tried")
        store = PropertyStore(_profiles(tried))
        identified = _identified(query)
        lowered = lower_numbers(identified.select, store.profiles, len(tried), prefer_wide=True).select
        sql = unscoped_events(identified, lowered, store).sql("duckdb")
        return sorted(int(number) for (number,) in self.connection.execute(sql).fetchall())


def _identified(query: MetricQuery) -> MetricQuery:
    """The same events, by their transaction ids."""
    select = query.select.copy()
    alias = select.args["from_"].this.alias_or_name
    select.set("expressions", [exp.column("transaction_id", table=alias, quoted=True)])
    columns = tuple(dict.fromkeys((*query.event_columns, "transaction_id")))
    return replace(query, select=select, columns=("transaction_id",), event_columns=columns)


def _table(tried: Sequence[Assignment]) -> pa.Table:
    moments = [each.get(("timestamp",)) for each in tried]
    properties = [
        [(subject[1], value) for subject, value in each.items() if subject[0] == BAG and value is not None]
        for each in tried
    ]
    placeholder = pa.struct([(PLACEHOLDER_FIELD, pa.string())])
    return pa.table(
        {
            "transaction_id": pa.array([str(number) for number in range(len(tried))]),
            "event_type": pa.array([each.get(("event_type",)) for each in tried], pa.string()),
            "timestamp": pa.array(moments, pa.timestamp("us")),
            "ingested_at": pa.array(moments, pa.timestamp("us")),
            "properties": pa.array([None] * len(tried), placeholder),
            "other_properties": pa.array(properties, pa.map_(pa.string(), pa.string())),
        }
    )


def _profiles(tried: Sequence[Assignment]) -> dict[str, NumberProfile]:
    """What landing would have seen of the candidates' properties, all of them kept in the map."""
    profiles: dict[str, NumberProfile] = {}
    for each in tried:
        for subject, value in each.items():
            if subject[0] == BAG:
                seen = profiles.get(subject[1], NumberProfile(in_other=True))
                profiles[subject[1]] = seen + _profile(str(value)) if value is not None else seen
    return profiles


def _profile(text: str) -> NumberProfile:
    plain = plain_text(text)
    if plain is None:
        return NumberProfile(values=1, not_numbers=1)
    whole, _, fraction = plain.removeprefix("-").partition(".")
    return NumberProfile(values=1, integer_digits=len(whole), fraction_digits=len(fraction), irregular=1)
