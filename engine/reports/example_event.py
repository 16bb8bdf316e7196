"""An event that a metric counts, made up from what the metric asks for and checked by landing it aside."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
from sqlglot import exp

from engine.catalog.metric import BillableMetric
from engine.errors import UserError
from engine.events.land import LandingLimits, land
from engine.events.source import events_source
from engine.metrics.decimals import to_decimal
from engine.metrics.meter import metric_query
from engine.metrics.properties import BAG, path_of, property_access
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore
from engine.reports.event_probe import EVENTS, EventProbe, events_query
from engine.reports.example_search import Assignment, ExampleSearch, Requirement
from engine.reports.example_sender import Sender
from engine.reports.example_values import ExampleValues, Subject, moments_near, subject_of
from engine.reports.landed_event import find_event, read_event
from engine.reports.metric_matches import match_metric
from engine.reports.sql_conditions import SqlCondition, sql_conditions
from engine.reports.streaming_filters import NUMERIC, StreamingFilter, streaming_filters
from engine.reports.words import quoted
from engine.values.period import as_utc, format_instant

#: The transaction id of an example.
TRANSACTION_ID = "example-1"


def example_event(connection: duckdb.DuckDBPyConnection, metric: BillableMetric, sender: Sender) -> dict[str, object]:
    """One event, as `land` takes it, that the metric counts for a sender.

    Raises UserError that names the condition in the way when none can be built, and CatalogError when the SQL of the
    metric is refused. The connection is used for nothing else.
    """
    event = _built(connection, metric, sender)
    problem = _checked(connection, metric, event)
    if problem:
        raise _impossible(metric, problem)
    return event


def _built(connection: duckdb.DuckDBPyConnection, metric: BillableMetric, sender: Sender) -> dict[str, object]:
    query = metric_query(metric)
    if metric.sql is None:
        ways = [list(_streaming_requirements(metric))]
    else:
        ways = [list(map(_sql_requirement, reading.conditions)) for reading in sql_conditions(metric).readings]
    of_sender = [] if sender.usage_filter is None else [_filter_requirement(sender.usage_filter)]
    problems = []
    for way in ways:
        requirements = [*way, *of_sender]
        trees = [query.select, *(each.query.select for each in requirements if each.query is not None)]
        moments = moments_near(sender.moment, trees, sender.starting_at, sender.ending_before)
        values = ExampleValues(trees, moments, {(BAG, name): [value] for name, value in sender.priced})
        try:
            found = ExampleSearch(connection, values).first(requirements)
        except UserError as error:
            problems.append(str(error))
        else:
            return _event(sender, _filled(found, query, values))
    raise _impossible(metric, problems[0])


def _streaming_requirements(metric: BillableMetric) -> Iterator[Requirement]:
    """Every filter, and that what is aggregated can be aggregated."""
    for each in streaming_filters(metric):
        yield _filter_requirement(each)
    key = metric.aggregation_key
    if key is not None:
        numeric = metric.aggregation_type in NUMERIC
        value = property_access(path_of(key), EVENTS)
        usable = (to_decimal(value) if numeric else value).is_(exp.null()).not_()
        wanted = "a number" if numeric else "a value"
        yield Requirement(
            events_query(exp.select("1").where(usable)),
            lambda tried: f"property {quoted(key)} can be no {wanted.removeprefix('a ')} that passes its filters",
        )


def _filter_requirement(rule: StreamingFilter) -> Requirement:
    subject = subject_of(rule.subject)
    assert subject is not None

    def failed(tried: Assignment) -> str:
        return rule.failed(tried.get(("timestamp",) if subject == ("ingested_at",) else subject))

    return Requirement(events_query(exp.select("1").where(rule.condition)), failed)


def _sql_requirement(condition: SqlCondition) -> Requirement:
    place = f"{condition.place.file}:{condition.place.line}:{condition.place.column}"
    if condition.counts is None:
        return Requirement(None, lambda tried: f"{place}: {condition.text} depends on other events")
    return Requirement(condition.counts, lambda tried: f"{place}: found nothing for which {condition.text} is true")


def _filled(found: Assignment, query: MetricQuery, values: ExampleValues) -> Assignment:
    """The assignment with a value for everything else that the metric reads."""
    read: list[Subject] = [("event_type",), ("timestamp",)]
    read += [(BAG, ".".join(path)) for path in query.properties]
    return {**{subject: values.of(subject)[0] for subject in read if subject not in found}, **found}


def _event(sender: Sender, found: Assignment) -> dict[str, object]:
    properties = {subject[1]: value for subject, value in found.items() if subject[0] == BAG and value is not None}
    return {
        "transaction_id": TRANSACTION_ID,
        "customer_id": sender.customer_id,
        "event_type": found[("event_type",)],
        "timestamp": _moment(found),
        "properties": dict(sorted(properties.items())),
    }


def _moment(found: Assignment) -> str:
    moment = found[("timestamp",)]
    assert moment is not None and not isinstance(moment, str)
    return format_instant(moment)


def _checked(connection: duckdb.DuckDBPyConnection, metric: BillableMetric, event: dict[str, object]) -> str:
    """Lands the event in a lake of its own and asks the metric about it; what is wrong, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder)
        now = as_utc(str(event["timestamp"]))
        landed = land(lake, events_source([event]), now=now, limits=LandingLimits(), connection=connection)
        if landed.accepted != 1:
            return f"an event with such values is rejected: {', '.join(landed.reasons)}"
        (place,) = find_event(connection, lake, TRANSACTION_ID)
        read_event(connection, lake, place)
        probe = EventProbe(connection, PropertyStore(place.file.profile))
        match = match_metric(metric, probe)
        if not match.matched:
            return match.reason
        return "" if metric.sql is None else _lost_later(metric, probe)


def _lost_later(metric: BillableMetric, probe: EventProbe) -> str:
    """A WHERE over rows made of events may drop the event after all: then the metric of it alone must be something."""
    wheres = [each for each in sql_conditions(metric).later if isinstance(each.node, exp.Where)]
    if not wheres:
        return ""
    query = metric_query(metric)
    at = query.columns.index(query.value_column)
    if any(row[at] is not None and Decimal(str(row[at])) for row in probe.rows(query)):
        return ""
    first = wheres[0]
    return f"{first.place.file}:{first.place.line}:{first.place.column}: {first.text} may drop it"


def _impossible(metric: BillableMetric, problem: str) -> UserError:
    return UserError(f"no example event can be built for metric {metric.name!r}: {problem}")
