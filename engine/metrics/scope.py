"""Scope: a metric written for one customer and window, made to run for all of them at once (DESIGN §5).

Each `events` becomes a sub-select of the customer's events in the window `w` that the lateral join supplies, with a
plain column for each property that the metric reads. DuckDB turns the correlation into one pass over the event files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.metrics.decimals import WIDE, LoweredQuery
from engine.metrics.properties import path_of, property_accesses, property_path, property_table
from engine.metrics.query import MetricQuery
from engine.metrics.wide import wide_sum
from engine.values.numbers import NumberProfile

#: The relations that a scoped metric reads; whoever runs it provides them.
EVENT_FILES, ALIASES = "event_files", "customer_aliases"
WINDOWS, ALIAS_WINDOWS = "windows", "alias_windows"


@dataclass(frozen=True)
class PropertyStore:
    """Where the event files of a period keep each property: a field of the struct `properties`, spelt as sent, or
    the map `other_properties`, or either. `partial` are those whose field some of the files do not have.
    """

    profiles: Mapping[str, NumberProfile]
    partial: frozenset[str] = frozenset()

    def read(self, name: str, files: str) -> exp.Expr | None:
        """The expression for one property of the relation `files`, or None when no file holds it."""
        profile = self.profiles.get(name, NumberProfile())
        places: list[exp.Expr] = []
        if profile.in_struct:
            bag, field = exp.column("properties", table=files), exp.to_identifier(name, quoted=True)
            member: exp.Expr = exp.Dot(this=bag, expression=field)
            # DuckDB 2.0 moves a cast or a function of a field into the scan, and there fills in a NULL of the wrong
            # type for a file without the field: an internal error. It does not move what it need not evaluate.
            places.append(exp.func("COALESCE", member, exp.null()) if name in self.partial else member)
        if profile.in_other:
            others = exp.column("other_properties", table=files)
            places.append(exp.Bracket(this=others, expressions=[exp.Literal.string(name)]))
        if not places:
            return None
        return places[0] if len(places) == 1 else exp.func("COALESCE", *places)

    def without_profiles(self) -> PropertyStore:
        """The same places, as if nothing were known of the numbers but how many digits they have."""
        unknown = {name: replace(profile, irregular=1, not_numbers=1) for name, profile in self.profiles.items()}
        return PropertyStore(unknown, self.partial)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known about the events that a metric will read: where their properties are, and by which properties
    the usage filters of contracts choose among them.
    """

    store: PropertyStore
    usage_filter_keys: tuple[str, ...] = ()


def scoped_query(query: MetricQuery, lowered: LoweredQuery, keys: Sequence[str], scope: Scope) -> exp.Select:
    """A metric, its numbers lowered, over all windows: the query that runs.

    Reads `event_files`, `windows(window_id)` and `alias_windows(alias, window_id, starting_at, ending_before)`: the
    windows once more for every id that events may carry for the window's customer. With usage filters, alias_windows
    also has (filter_key, filter_value), a row for each value that passes, or NULLs where everything does.
    Columns: window_id; key_values, a list with the text of each key in order; value. Grain: window_id, key_values.
    Rows whose quantity is NULL contribute nothing; columns that are not keys are summed away
    (spec/metering.md §7.3).
    """
    value: exp.Expr = exp.column(query.value_column, table="m", quoted=True)
    summed = not keeps_rows(query, keys)
    if summed:
        value = wide_sum(value, lowered.scale) if lowered.exact_path == WIDE else exp.Sum(this=value)
    outer = _keyed(query, lowered.select, keys, scope).select(exp.alias_(value, "value"), copy=False)
    outer.where(exp.column(query.value_column, table="m", quoted=True).is_(exp.null()).not_(), copy=False)
    return outer.group_by(exp.column("window_id", table="w"), exp.column("key_values")) if summed else outer


def scoped_batch(
    query: MetricQuery, select: exp.Query, keys: Sequence[str], values: Sequence[str], scope: Scope
) -> exp.Select:
    """Several quantities of one query over all windows: window_id, key_values, then the columns `values` as they are.

    Grain: as the query's own rows, so `keys` must be all its group columns.
    """
    columns = [exp.column(name, table="m", quoted=True) for name in values]
    return _keyed(query, select, keys, scope).select(*columns, copy=False)


def keeps_rows(query: MetricQuery, keys: Sequence[str]) -> bool:
    """Whether grouping by `keys` leaves each row of the query as it is, with nothing summed away."""
    return {key.lower() for key in keys} == {column.lower() for column in query.group_columns}


def scoped_rows(query: MetricQuery, select: exp.Query, scope: Scope) -> exp.Select:
    """A metric's own rows for all windows: `window_id`, then its columns as they are. For previews."""
    columns = [exp.column(name, table="m", quoted=True) for name in query.columns]
    return exp.select(exp.column("window_id", table="w"), *columns).from_(
        _windows_with(scope_events(query, select, scope))
    )


def filterable_events(scope: Scope) -> exp.Select:
    """The rows of `landed_events` with `filter_values`, a map of the properties that usage filters look at."""
    texts = exp.DataType.build("VARCHAR[]", dialect="duckdb")
    keys = exp.Array(expressions=[exp.Literal.string(key) for key in scope.usage_filter_keys])
    values = exp.Array(expressions=[_property_at(path_of(key), scope.store) for key in scope.usage_filter_keys])
    pairs = exp.Anonymous(this="MAP", expressions=[exp.cast(keys, texts), exp.cast(values, texts)])
    return exp.select("e.*", exp.alias_(pairs, "filter_values")).from_(exp.to_table("landed_events", alias="e"))


def scope_events(query: MetricQuery, select: exp.Query, scope: Scope) -> exp.Query:
    """The metric with each `events` replaced by the current window's events of the current customer."""
    return _with_events(query, select, scope.store, lambda events: _of_current_window(events, scope))


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


def _keyed(query: MetricQuery, select: exp.Query, keys: Sequence[str], scope: Scope) -> exp.Select:
    """window_id and key_values of each row of the metric `m` over all windows."""
    texts = [
        exp.cast(exp.column(_spelt(key, query.columns), table="m", quoted=True), exp.DType.VARCHAR.into_expr())
        for key in keys
    ]
    key_values = exp.cast(exp.Array(expressions=texts), exp.DataType.build("VARCHAR[]", dialect="duckdb"))
    return exp.select(exp.column("window_id", table="w"), exp.alias_(key_values, "key_values")).from_(
        _windows_with(scope_events(query, select, scope))
    )


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


def _of_current_window(events: exp.Select, scope: Scope) -> exp.Select:
    """The alias goes in as a join: as a correlated IN the same query is hundreds of times slower (DESIGN §5).

    Only the window's number is correlated, so that DuckDB groups by that number and not by customer and times.
    """
    timestamp = exp.column("timestamp", table="e", quoted=True)
    scoped = events.join(
        exp.to_table(ALIAS_WINDOWS, alias="a"),
        on=exp.column("alias", table="a").eq(exp.column("customer_id", table="e")),
    ).where(
        exp.GTE(this=timestamp, expression=exp.column("starting_at", table="a")),
        exp.LT(this=timestamp.copy(), expression=exp.column("ending_before", table="a")),
        exp.column("window_id", table="a").eq(exp.column("window_id", table="w")),
    )
    return scoped.where(_passes_usage_filter(scope)) if scope.usage_filter_keys else scoped


def _passes_usage_filter(scope: Scope) -> exp.Expr:
    """An event passes by the filter that is in force at its own timestamp (spec/metering.md §17.26)."""
    chosen = exp.Case(
        this=exp.column("filter_key", table="a"),
        ifs=[
            exp.If(this=exp.Literal.string(key), true=_property_at(path_of(key), scope.store))
            for key in scope.usage_filter_keys
        ],
    )
    return exp.paren(
        exp.or_(exp.column("filter_key", table="a").is_(exp.null()), exp.column("filter_value", table="a").eq(chosen))
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
    walked = exp.Anonymous(this="JSON_TEXT_AT", expressions=[root, exp.Literal.string(pointer)])
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
