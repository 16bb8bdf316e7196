"""Which metrics an event matches, and for each that it does not, the first condition that kept it out."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
from sqlglot import exp

from engine.catalog.metric import BillableMetric
from engine.catalog.place import Place
from engine.errors import CatalogError
from engine.metrics.meter import metric_query
from engine.metrics.numeric_reads import numeric_reads
from engine.metrics.properties import property_access, property_accesses, property_path
from engine.metrics.query import MetricQuery
from engine.metrics.streaming import matching_condition
from engine.reports.event_probe import EVENTS, EventProbe, events_query
from engine.reports.sql_conditions import EventReading, SqlCondition, sql_conditions
from engine.reports.streaming_filters import aggregation_problem, streaming_filters
from engine.reports.words import quoted

#: What an expression over the values of one event may raise.
_CANNOT_COMPUTE = (duckdb.InvalidInputException, duckdb.OutOfRangeException, duckdb.ConversionException)


@dataclass(frozen=True)
class MetricMatch:
    """One metric's verdict on one event.

    `outcome` is `matched`; `not_matched`; `invalid_value`: it passes every filter, but what is aggregated is not a
    number; `depends_on_other_events`; `error`: the metric cannot be computed for it; `refused`: the metric's SQL is
    not accepted. `reason` says why in words, and also on what a match still depends. `place` is where the condition
    stands in the file of a SQL metric.
    """

    metric: BillableMetric
    outcome: str
    reason: str = ""
    place: Place | None = None

    @property
    def matched(self) -> bool:
        return self.outcome == "matched"


def match_metric(metric: BillableMetric, probe: EventProbe) -> MetricMatch:
    """Whether the event that `probe` asks matches a metric."""
    if metric.sql is None:
        return _match_streaming(metric, probe)
    try:
        return _match_sql(metric, probe)
    except CatalogError as error:
        first = error.problems[0]
        return MetricMatch(metric, "refused", first.what, Place(first.file, first.line, first.column))


def _match_streaming(metric: BillableMetric, probe: EventProbe) -> MetricMatch:
    filters = list(streaming_filters(metric))
    matches, *found = probe.values(
        [matching_condition(metric), *(each.condition for each in filters), *(each.subject for each in filters)]
    )
    verdicts, values = found[: len(filters)], found[len(filters) :]
    for each, verdict, value in zip(filters, verdicts, values, strict=True):
        if verdict is not True:
            return MetricMatch(metric, "not_matched", each.failed(value))
    assert matches is True, f"the filters of {metric.name!r} pass one by one but not together"
    problem = aggregation_problem(metric, probe)
    return MetricMatch(metric, "matched") if problem is None else MetricMatch(metric, *problem)


def _match_sql(metric: BillableMetric, probe: EventProbe) -> MetricMatch:
    query = metric_query(metric)
    conditions = sql_conditions(metric)
    verdicts = [_read(metric, reading, probe) for reading in conditions.readings]
    by_outcome = {each.outcome: each for each in reversed(verdicts)}
    if "matched" in by_outcome:
        notes = [*_not_numbers(query, probe), *map(_later, conditions.later[:1])]
        return MetricMatch(metric, "matched", "; ".join(notes))
    for outcome in ("depends_on_other_events", "error"):
        if outcome in by_outcome:
            return by_outcome[outcome]
    first = verdicts[0]
    others = [each.reason for each in verdicts[1:] if each.reason != first.reason]
    return MetricMatch(metric, first.outcome, "; and ".join([first.reason, *others]), first.place)


def _read(metric: BillableMetric, reading: EventReading, probe: EventProbe) -> MetricMatch:
    """Whether an event passes what one SELECT asks of it."""
    undecided = [each for each in reading.conditions if each.counts is None]
    for each in reading.conditions:
        if each.counts is None:
            continue
        try:
            if not probe.passes(each.counts):
                return MetricMatch(metric, "not_matched", f"{each.text} is not true{_because(each, probe)}", each.place)
        except _CANNOT_COMPUTE as error:
            return MetricMatch(metric, "error", f"{each.text} cannot be computed: {error}", each.place)
    if undecided:
        text = f"{undecided[0].text} depends on other events"
        return MetricMatch(metric, "depends_on_other_events", text, undecided[0].place)
    return MetricMatch(metric, "matched")


def _because(condition: SqlCondition, probe: EventProbe) -> str:
    """The values that a condition looks at."""
    assert condition.counts is not None
    where = condition.counts.select.args["where"]
    paths = dict.fromkeys(path for node in property_accesses(where) if (path := property_path(node)) is not None)
    columns = dict.fromkeys(column.name for column in where.find_all(exp.Column) if column.name != "properties")
    subjects: list[exp.Expr] = [exp.column(name, table=EVENTS, quoted=True) for name in columns]
    subjects += [property_access(path, EVENTS) for path in paths]
    if not subjects:
        return ""
    named = [*columns, *("properties." + ".".join(path) for path in paths)]
    values = zip(named, probe.values(subjects), strict=True)
    return ": " + ", ".join(
        f"{name} is absent" if value is None else f"{name} is {quoted(str(value))}" for name, value in values
    )


def _not_numbers(query: MetricQuery, probe: EventProbe) -> list[str]:
    """What the metric reads as a number and is none in this event."""
    found = []
    for read in numeric_reads(query.select):
        failing = (read.text.is_(exp.null()).not_(), read.number.is_(exp.null()))
        text = exp.select(exp.alias_(read.text.copy(), "text")).where(*read.conditions, *failing)
        for (value,) in probe.rows(events_query(text, alias=read.relation)):
            name = " and ".join("properties." + ".".join(path) for path in read.paths)
            found.append(f"{name}: value {quoted(str(value))} is not a{' whole' if read.whole else ''} number")
    return list(dict.fromkeys(found))


def _later(condition: SqlCondition) -> str:
    return f"what becomes of it then depends on other events too: {condition.text} in line {condition.place.line}"
