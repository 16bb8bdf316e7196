"""What is known of an event, for people and for programs: lines of text, and values of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.reports.accepted_event import AcceptedEvent
from engine.reports.customer_contracts import GRACE, ContractOfEvent
from engine.reports.event_billing import EventOnInvoice
from engine.reports.landed_event import LandedEvent, RefusedLine
from engine.reports.metric_matches import MetricMatch
from engine.values.period import Period, format_instant

_OUTCOMES = {
    "invoiced": "on invoice",
    "unrated": "unrated: no rate was in force, so it is on no invoice",
    "not_entitled": "not entitled: the contract may not use the product, so it is on no invoice",
    "parked": "the contract was parked, so it has no invoice",
    "not_published": "not billed yet: this billing period has not been published",
    "arrived_after_run": "the published run had not seen it; run the period again",
    "outside_usage_filter": "not this contract's: its usage filter keeps the event out",
    "not_entirely_known": "which line it is on depends on other events",
    "on_no_line": "on no line",
}


def accepted_lines(each: AcceptedEvent) -> Iterator[str]:
    """An accepted event as text, a line at a time."""
    event = each.event
    yield f"{event.transaction_id}: accepted at {format_instant(event.ingested_at)}"
    yield f"  {event.event_type} at {format_instant(event.timestamp)}"
    for name, value in event.properties.items():
        yield f"    {name} = {value}"
    version = "" if event.table_version is None else f", table version {event.table_version}"
    yield f"  stored in date={event.file.date}/{event.file.path.name}, batch {event.batch_id}{version}"
    yield f"  {each.attribution.words}"
    for contract in each.contracts:
        yield from _contract_lines(contract)
    if each.attribution.customer is not None and not each.contracts:
        yield "  the customer has no contract"
    yield "  metrics:"
    for match in sorted(each.matches, key=lambda match: not match.matched):
        yield f"    {match.metric.name}: {_match_words(match)}"
    if each.billing:
        yield "  invoices:"
    for line in each.billing:
        yield f"    {line.product.name}, {line.contract.billing_period}: {_billing_words(line)}"


def _contract_lines(held: ContractOfEvent) -> Iterator[str]:
    name = f"contract {held.contract.name!r} ({held.contract.id})" if held.contract.name else held.contract.id
    name = name if held.contract.name else f"contract {name}"
    if held.statement_period is None:
        yield f"  {name}: does not hold it; {held.outside}"
        return
    yield f"  {name}: statement period {_period_words(held.statement_period)}, billed in {held.billing_period}"
    if held.outside:
        yield f"    {held.outside}"
    if held.late_by is not None:
        grace = f", {_duration(held.late_by - GRACE)} after the 24 h of grace" if held.after_grace else ""
        yield f"    late: it arrived {_duration(held.late_by)} after the statement period ended{grace}"


def _match_words(match: MetricMatch) -> str:
    where = "" if match.place is None else f" ({match.place.file}:{match.place.line})"
    if match.outcome == "depends_on_other_events":
        return f"{match.reason}{where}"
    words = match.outcome.replace("_", " ")
    return f"{words}{f': {match.reason}' if match.reason else ''}{where}"


def _billing_words(line: EventOnInvoice) -> str:
    words = _OUTCOMES[line.outcome]
    return f"{words} {line.invoice_id}" if line.outcome == "invoiced" else words


def refused_line(transaction_id: str, line: RefusedLine, first: LandedEvent | None) -> str:
    """A line that was not accepted; `first` is the event that a duplicate lost to."""
    at = format_instant(line.landed_at)
    where = f"line {line.line} of {line.source}, batch {line.batch_id}"
    if line.verdict == "rejected":
        detail = f" ({line.detail})" if line.detail else ""
        return f"{transaction_id}: rejected at {at}: {line.reason}{detail}; {where}"
    of = "" if first is None else f"; first accepted at {format_instant(first.ingested_at)} in batch {first.batch_id}"
    same = "the same event again" if line.reason == "duplicate" else "another event under the same id"
    return f"{transaction_id}: duplicate at {at}: {same}; {where}{of}"


def match_summary(match: MetricMatch) -> dict[str, object]:
    """A metric's verdict as values of JSON and of a table."""
    return {
        "name": match.metric.name,
        "outcome": match.outcome,
        "reason": match.reason,
        "file": None if match.place is None else match.place.file,
        "line": None if match.place is None else match.place.line,
        "billable_metric_id": match.metric.id,
    }


def accepted_summary(each: AcceptedEvent) -> dict[str, object]:
    """An accepted event as values of JSON."""
    event, customer = each.event, each.attribution.customer
    return {
        "accepted_at": format_instant(event.ingested_at),
        "customer_id": event.customer_id,
        "event_type": event.event_type,
        "timestamp": format_instant(event.timestamp),
        "properties": dict(event.properties),
        "date": event.file.date.isoformat(),
        "file": event.file.path.name,
        "row": event.row,
        "batch_id": event.batch_id,
        "table_version": event.table_version,
        "customer": None if customer is None else {"id": customer.id, "name": customer.name},
        "attribution": each.attribution.words,
        "contracts": [_contract_summary(contract) for contract in each.contracts],
        "metrics": [match_summary(match) for match in each.matches],
        "billing": [
            {
                "contract_id": line.contract.contract.id,
                "billing_period": line.contract.billing_period,
                "product_id": line.product.id,
                "product_name": line.product.name,
                "outcome": line.outcome,
                "invoice_id": line.invoice_id,
            }
            for line in each.billing
        ],
    }


def _contract_summary(held: ContractOfEvent) -> dict[str, object]:
    period = held.statement_period
    return {
        "contract_id": held.contract.id,
        "name": held.contract.name,
        "period_starting_at": None if period is None else format_instant(period.starting_at),
        "period_ending_before": None if period is None else format_instant(period.ending_before),
        "billing_period": held.billing_period,
        "outside": held.outside or None,
        "late_by_seconds": None if held.late_by is None else held.late_by // timedelta(seconds=1),
        "after_grace": held.after_grace,
    }


def refused_summary(line: RefusedLine, first: LandedEvent | None) -> dict[str, object]:
    """A line that was not accepted as values of JSON; `first` is the event that a duplicate lost to."""
    return {
        "verdict": line.verdict,
        "reason": line.reason,
        "detail": line.detail,
        "landed_at": format_instant(line.landed_at),
        "source": line.source,
        "line": line.line,
        "batch_id": line.batch_id,
        "first_accepted_at": None if first is None else format_instant(first.ingested_at),
    }


def _period_words(period: Period) -> str:
    return f"{format_instant(period.starting_at)} to {format_instant(period.ending_before)}"


def _duration(time: timedelta) -> str:
    """A stretch of time in its two largest units.

    >>> _duration(timedelta(days=3, hours=2, minutes=5))
    '3 days 2 h'
    """
    hours, seconds = divmod(time.seconds, 3600)
    parts = [
        (time.days, "day" if time.days == 1 else "days"),
        (hours, "h"),
        (seconds // 60, "min"),
        (seconds % 60, "s"),
    ]
    shown = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0 s"
