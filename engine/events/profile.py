"""The numeric profile of every property, per day, over the events about to be written (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import duckdb
import sqlglot.expressions as exp

from engine.events.fixed_sql import fixed_sql
from engine.events.property_columns import PropertyColumns
from engine.values.numbers import NumberProfile, plain_text

# The codes of landing.number_code (`sql/rules.sql`).
_NOT_A_NUMBER, _IRREGULAR, _SIDE = -1, -2, 256

#: By day, then property.
Profiles = dict[date, dict[str, NumberProfile]]


def profile_staged(connection: duckdb.DuckDBPyConnection, columns: PropertyColumns) -> Profiles:
    """The profile of every property's values in landing.staged; a property is absent on days without it."""
    profiles: Profiles = {}
    for name in columns.staged:
        found: dict[date, dict[int, int]] = {}
        for day, code, occurrences in connection.execute(_codes(columns.column(name)).sql("duckdb")).fetchall():
            found.setdefault(day, {})[code] = occurrences
        for day, codes in found.items():
            profiles.setdefault(day, {})[name] = replace(_profile(codes), in_struct=True)
    irregular = {name for day in profiles.values() for name, seen in day.items() if seen.irregular}
    for name in sorted(irregular):
        for day, *value in connection.execute(_irregular(columns.column(name)).sql("duckdb")).fetchall():
            _judge(profiles, day, name, *value)
    for day, name, codes in connection.execute(fixed_sql("profile_other")).fetchall():
        profiles.setdefault(day, {})[name] = replace(_profile(codes), in_other=True)
    for day, name, *value in connection.execute(fixed_sql("irregular_other")).fetchall():
        _judge(profiles, day, name, *value)
    return profiles


def _profile(codes: Mapping[int, int]) -> NumberProfile:
    plain = [code for code in codes if code >= 0]
    return NumberProfile(
        values=sum(codes.values()),
        integer_digits=max((code // _SIDE for code in plain), default=0),
        fraction_digits=max((code % _SIDE for code in plain), default=0),
        irregular=codes.get(_IRREGULAR, 0),
        not_numbers=codes.get(_NOT_A_NUMBER, 0),
    )


def _judge(profiles: Profiles, day: date, name: str, value: str, occurrences: int) -> None:
    """Adds the digits of one number that is not plain, or counts it as none when it needs too many."""
    seen = profiles[day][name]
    plain = plain_text(value)
    if plain is None:
        seen = replace(seen, irregular=seen.irregular - occurrences, not_numbers=seen.not_numbers + occurrences)
    else:
        whole, _, fraction = plain.removeprefix("-").partition(".")
        seen = replace(
            seen,
            integer_digits=max(seen.integer_digits, len(whole)),
            fraction_digits=max(seen.fraction_digits, len(fraction)),
        )
    profiles[day][name] = seen


def _codes(value: str) -> exp.Select:
    """One row per day and code, with how many values of a staging column have it."""
    query = exp.select("CAST(timestamp AS DATE) AS date", _code(value), "count(*) AS occurrences", dialect="duckdb")
    query = query.from_("landing.staged").where(exp.column(value).is_(exp.null()).not_())
    return query.group_by("1", "2").order_by("1", "2")


def _irregular(value: str) -> exp.Select:
    query = exp.select("CAST(timestamp AS DATE) AS date", value, "count(*) AS occurrences", dialect="duckdb")
    query = query.from_("landing.staged").where(exp.column(value).is_(exp.null()).not_(), _code(value).eq(_IRREGULAR))
    return query.group_by("1", "2").order_by("1", "2")


def _code(value: str) -> exp.Expression:
    return exp.Anonymous(this="landing.number_code", expressions=[exp.column(value)])
