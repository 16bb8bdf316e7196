"""Scope: a metric written for one customer and window, made to run for all of them at once (DESIGN §5).

Each `events` becomes a sub-select of the customer's events in the window `w` that the lateral join supplies, with a
plain column for each property that the metric reads. DuckDB turns the correlation into one pass over the event files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from engine.metrics.properties import property_accesses, property_path, property_table
from engine.metrics.query import MetricQuery
from engine.values.numbers import NumberProfile

#: The relations that a scoped metric reads; whoever runs it provides them.
EVENT_FILES, ALIASES = "event_files", "customer_aliases"
WINDOWS, ALIAS_WINDOWS = "windows", "alias_windows"


@dataclass(frozen=True)
class PropertyStore:
    """Where the event files of a period keep each property: a field of the struct `properties`, spelt as sent, or
    the map `other_properties`, or either.
    """

    profiles: Mapping[str, NumberProfile]

    def read(self, name: str, files: str) -> exp.Expr | None:
        """The expression for one property of the relation `files`, or None when no file holds it."""
        profile = self.profiles.get(name, NumberProfile())
        places: list[exp.Expr] = []
        if profile.in_struct:
            places.append(
                exp.Dot(
                    this=exp.column("properties", table=files),
                    expression=exp.to_identifier(name, quoted=True),
                )
            )
        if profile.in_other:
            others = exp.column("other_properties", table=files)
            places.append(exp.Bracket(this=others, expressions=[exp.Literal.string(name)]))
        if not places:
            return None
        return places[0] if len(places) == 1 else exp.func("COALESCE", *places)


def scoped_query(query: MetricQuery, select: exp.Query, keys: Sequence[str], store: PropertyStore) -> exp.Select:
    """A metric, its numbers lowered, over all windows: the query that runs.

    Reads `event_files`, `windows(window_id)` and `alias_windows(alias, window_id, starting_at, ending_before)`: the
    windows once more for every id that events may carry for the window's customer.
    Columns: window_id; key_values, a list with the text of each key in order; value. Grain: window_id, key_values.
    Rows whose quantity is NULL contribute nothing; columns that are not keys are summed away
    (spec/metering.md §7.3).
    """
    texts = [
        exp.cast(exp.column(_spelt(key, query.columns), table="m", quoted=True), exp.DType.VARCHAR.into_expr())
        for key in keys
    ]
    key_values = exp.cast(exp.Array(expressions=texts), exp.DataType.build("VARCHAR[]", dialect="duckdb"))
    value: exp.Expr = exp.column(query.value_column, table="m", quoted=True)
    summed = set(keys) != set(query.group_columns)
    outer = exp.select(
        exp.column("window_id", table="w"),
        exp.alias_(key_values, "key_values"),
        exp.alias_(exp.Sum(this=value) if summed else value, "value"),
    ).from_(_windows_with(scope_events(query, select, store)))
    outer = outer.where(exp.column(query.value_column, table="m", quoted=True).is_(exp.null()).not_())
    if summed:
        outer = outer.group_by(exp.column("window_id", table="w"), exp.column("key_values"))
    return outer


def scoped_rows(query: MetricQuery, select: exp.Query, store: PropertyStore) -> exp.Select:
    """A metric's own rows for all windows: `window_id`, then its columns as they are. For previews."""
    columns = [exp.column(name, table="m", quoted=True) for name in query.columns]
    return exp.select(exp.column("window_id", table="w"), *columns).from_(
        _windows_with(scope_events(query, select, store))
    )


def scope_events(query: MetricQuery, select: exp.Query, store: PropertyStore) -> exp.Query:
    """The metric with each `events` replaced by the current window's events of the current customer."""
    return _with_events(query, select, store, _of_current_window)


def unscoped_events(query: MetricQuery, select: exp.Query, store: PropertyStore) -> exp.Query:
    """The metric with each `events` replaced by all events of the files, for questions about the events themselves."""
    return _with_events(query, select, store, lambda events: events)


def _with_events(
    query: MetricQuery, select: exp.Query, store: PropertyStore, narrow: Callable[[exp.Select], exp.Select]
) -> exp.Query:
    scoped = select.copy()
    own = {cte.alias for cte in scoped.find_all(exp.CTE)}
    columns = _property_columns(query.properties)
    for access in list(property_accesses(scoped)):
        path = property_path(access)
        assert path is not None
        access.replace(exp.column(columns[path], table=property_table(access) or None, quoted=True))
    for table in list(scoped.find_all(exp.Table)):
        if table.name == "events" and "events" not in own:
            source = narrow(_all_events(query.event_columns, columns, store))
            table.replace(exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name))))
    return scoped


def _windows_with(scoped: exp.Query) -> exp.Table:
    windows = exp.to_table(WINDOWS, alias="w")
    lateral = exp.Lateral(this=exp.Subquery(this=scoped), alias=exp.TableAlias(this=exp.to_identifier("m")))
    windows.append("joins", exp.Join(this=lateral))
    return windows


def _all_events(
    event_columns: Sequence[str], columns: Mapping[tuple[str, ...], str], store: PropertyStore
) -> exp.Select:
    read: list[exp.Expr] = [exp.column(name, table="e", quoted=True) for name in event_columns]
    read += [exp.alias_(_property_at(path, store), column, quoted=True) for path, column in columns.items()]
    if not read:
        read = [exp.column("timestamp", table="e", quoted=True)]
    return exp.select(*read).from_(exp.to_table(EVENT_FILES, alias="e"))


def _of_current_window(events: exp.Select) -> exp.Select:
    """The alias goes in as a join: as a correlated IN the same query is hundreds of times slower (DESIGN §5).

    Only the window's number is correlated, so that DuckDB groups by that number and not by customer and times.
    """
    timestamp = exp.column("timestamp", table="e", quoted=True)
    return events.join(
        exp.to_table(ALIAS_WINDOWS, alias="a"),
        on=exp.column("alias", table="a").eq(exp.column("customer_id", table="e")),
    ).where(
        exp.GTE(this=timestamp, expression=exp.column("starting_at", table="a")),
        exp.LT(this=timestamp.copy(), expression=exp.column("ending_before", table="a")),
        exp.column("window_id", table="a").eq(exp.column("window_id", table="w")),
    )


def _property_at(path: tuple[str, ...], store: PropertyStore) -> exp.Expr:
    """A property by its path: a flat name with dots first, then a walk into JSON text (spec/metering.md §17.12)."""
    flat = store.read(".".join(path), "e")
    if len(path) == 1:
        return flat or exp.cast(exp.null(), exp.DType.VARCHAR.into_expr())
    root = store.read(path[0], "e")
    if root is None:
        return flat or exp.cast(exp.null(), exp.DType.VARCHAR.into_expr())
    pointer = "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in path[1:])
    walked = exp.Case(
        ifs=[
            exp.If(
                this=exp.Anonymous(this="JSON_VALID", expressions=[root.copy()]),
                true=exp.Anonymous(this="JSON_EXTRACT_STRING", expressions=[root, exp.Literal.string(pointer)]),
            )
        ]
    )
    return walked if flat is None else exp.func("COALESCE", flat, walked)


def _property_columns(paths: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """A column name for each path; DuckDB compares names without case, so a second spelling gets a number."""
    columns: dict[tuple[str, ...], str] = {}
    taken: set[str] = set()
    for path in paths:
        name = base = "properties." + ".".join(path)
        count = 1
        while name.lower() in taken:
            count += 1
            name = f"{base}~{count}"
        taken.add(name.lower())
        columns[path] = name
    return columns


def _spelt(key: str, columns: Sequence[str]) -> str:
    """The output column that a group key names: exactly, else without regard to case."""
    if key in columns:
        return key
    return next(column for column in columns if column.lower() == key.lower())
