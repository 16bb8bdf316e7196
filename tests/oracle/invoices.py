"""The invoices of one contract in one run: what is on them, currency conversion, order and totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from tests.oracle.balances import Balance
from tests.oracle.composites import (
    composite_cuts,
    composite_rows,
    ever_members,
    piece_starts,
    pieces_counted_towards,
)
from tests.oracle.consumption import usage_rows
from tests.oracle.drawing import Draw, expanded, uncovered
from tests.oracle.hierarchy import payer
from tests.oracle.overrides import Target
from tests.oracle.prices import terms
from tests.oracle.quantities import Statement
from tests.oracle.schedules import Due
from tests.oracle.segments import LAST_INSTANT, Row, price_columns
from tests.oracle.subscriptions import parts, unit_price
from tests.oracle.times import BEGINNING, END, ends_a_statement
from tests.oracle.versions import version_at

#: How long after its end the invoice of a statement is issued.
GRACE = timedelta(hours=24)
_KINDS = ("USAGE", "COMPOSITE", "SUBSCRIPTION", "FIXED")
_ONE = Fraction(1)

_OF_CONSUMPTION: Row = {
    **dict.fromkeys(("product", "product_name", "metric", "metric_name", "rate", "override", "subscription_id")),
    **dict.fromkeys(("pricing", "presentation", "pricing_keys", "presentation_keys"), ()),
}
_OF_LINES: Row = {
    **_OF_CONSUMPTION,
    **dict.fromkeys(("tier", "tier_lower", "tier_upper", "override_tier_level")),
    **dict.fromkeys(("override_id", "override_type", "override_multiplier", "override_reason")),
    **dict.fromkeys(("billing_frequency", "is_prorated", "scheduled_charge_id", "discount_id")),
    **dict.fromkeys(("product_custom_fields", "custom_fields"), ()),
    **dict.fromkeys(("origin_customer", "origin_contract", "origin_invoice_starting_at")),
    **dict.fromkeys(("commit", "commit_segment", "commit_type", "applied_balance_type", "access_type")),
    "quantity_consumed": None,
    "in_total": True,
}
#: What only the calculation needs to know of a line.
_WORKING = ("priced_at", "minimum", "position", "product_type")

#: A statement period, or the instant of a scheduled invoice.
Destination = tuple[datetime, datetime] | datetime


@dataclass(frozen=True)
class Run:
    """One contract in one run: its statement periods, and the span in which scheduled invoices are issued.

    `purchases` are the balances whose amounts are invoiced on the contract.
    """

    catalog: Mapping[str, Any]
    contract_id: str
    statements: tuple[Statement, ...]
    span: tuple[datetime, datetime]
    purchases: tuple[Balance, ...] = ()

    @property
    def contract(self) -> Row:
        found: Row = self.catalog["contracts"][self.contract_id]
        return found

    @property
    def card(self) -> Row:
        found: Row = self.catalog["cards"][self.contract["card"]]
        return found

    def statement_with(self, moment: datetime) -> Destination | None:
        """The statement of this run on which something of an instant stands: the instant may be its end."""
        for each in self.statements:
            if each.starting_at < moment <= each.ending_before:
                return each.starting_at, each.ending_before
        return None

    def scheduled(self, moment: datetime) -> Destination | None:
        """The scheduled invoice of an instant, when this run issues it."""
        return moment if self.span[0] <= moment < self.span[1] else None

    def charged(self, moment: datetime) -> Destination | None:
        """Where a charge of an instant stands, when this run bills it."""
        on_usage = self.contract["charges_on_usage_invoices"] and ends_a_statement(self.contract, moment)
        return self.statement_with(moment) if on_usage else self.scheduled(moment)

    def credit_type(self, product_id: str) -> str:
        """The credit type of a product's rates on the card; that of a composite is its members'."""
        product = self.catalog["products"][product_id]
        if product["type"] == "COMPOSITE":
            usage = list(self.products("USAGE"))
            for member in ever_members(self.catalog, product_id, usage, BEGINNING, END):
                return self.credit_type(member)
        return str(self.card["credit_types"].get(product_id, self.card["fiat"]))

    def products(self, kind: str) -> Iterator[str]:
        """The products of a type with a rate, at any time, on the card; in catalog order."""
        for product_id, product in self.catalog["products"].items():
            if product["type"] == kind and (self.contract["card"], product_id) in self.catalog["rates_of"]:
                yield product_id


def of_consumption(run: Run, statement: Statement, window_starts: list[datetime]) -> Iterator[tuple[str, Row]]:
    """(table, row) of the USAGE and COMPOSITE products of a statement; minimums have `minimum` set."""
    span = statement.starting_at, statement.ending_before
    usage, composites = list(run.products("USAGE")), list(run.products("COMPOSITE"))
    members = {composite: ever_members(run.catalog, composite, usage, *span) for composite in composites}
    cuts = {composite: composite_cuts(statement, composite, members[composite]) for composite in composites}
    pieces = {composite: piece_starts(statement, composite, cuts[composite]) for composite in composites}
    usage_lines = []
    for product in usage:
        own = [composite for composite in composites if product in members[composite]]
        apart_from = {cut for composite in own for cut in cuts[composite]}
        counts_towards = partial(pieces_counted_towards, run.catalog, product, {each: pieces[each] for each in own})
        credit_type = run.credit_type(product)
        for bucket, row in usage_rows(statement, product, credit_type, window_starts, apart_from, counts_towards):
            named = {**_priced(run, product, span[1] - LAST_INSTANT), **row}
            if bucket == "lines":
                usage_lines.append(named)
            yield bucket, named
    for composite in composites:
        for bucket, row in composite_rows(statement, composite, cuts[composite], window_starts, usage_lines):
            named = {**_priced(run, composite, span[1] - LAST_INSTANT), **row}
            if named.get("minimum"):
                named["name"] = f"{named['name']} minimum"
            yield bucket, named


def _priced(run: Run, product_id: str, named_at: datetime, kind: str = "usage") -> Row:
    """What any line of a product says about the product."""
    product = run.catalog["products"][product_id]
    name, credit_type = version_at(product, named_at)["name"], run.credit_type(product_id)
    return {
        "product": product_id,
        "product_name": name,
        "name": name,
        "type": kind,
        "credit_type_id": credit_type,
        "credit_type": run.catalog["credit_types"][credit_type],
        "product_custom_fields": product["custom_fields"],
        "place": _place(run, product_id),
        "product_type": product["type"],
    }


def _place(run: Run, product_id: str) -> tuple[int, int, int]:
    """Where lines of a product stand: those the card orders first, in its order; the others by type."""
    rank = run.card["ranks"][product_id]
    return min(rank, run.card["listed"]), _KINDS.index(run.catalog["products"][product_id]["type"]), rank


def of_subscriptions(run: Run) -> Iterator[tuple[Destination, str, Row]]:
    """(destination, table, row) of the subscription parts that this run bills."""
    contract, until = run.contract, run.span[1]
    for subscription in contract["subscriptions"]:
        product_id = subscription["product"]
        for part in parts(subscription, until):
            on_usage = not part.on_scheduled and part.date > contract["starting_at"]
            destination = run.statement_with(part.date) if on_usage else run.scheduled(part.date)
            if destination is None:
                continue
            product = run.catalog["products"][product_id]
            tags, frequency = tuple(version_at(product, part.priced_at)["tags"]), subscription["frequency"]
            target = Target(product_id, "SUBSCRIPTION", tags, frequency=frequency)
            now = terms(run.catalog, contract, target, part.priced_at)
            row = {
                **_priced(run, product_id, part.date, "subscription"),
                **price_columns(now, contract["overrides"]),
                "starting_at": part.starting_at,
                "ending_before": part.ending_before,
                "quantity": part.quantity,
                "subscription_id": subscription["id"],
                "billing_frequency": frequency,
                "is_prorated": part.fraction != 1,
                "custom_fields": subscription["custom_fields"],
            }
            row["name"] = subscription["name"] or row["product_name"]
            if now.outcome == "lines":
                assert now.tiers is not None
                price = unit_price(subscription, now.tiers[0][1], part.fraction)
                row |= {"unit_price": price, "total": part.quantity * price}
            yield destination, now.outcome, row


def of_charges(run: Run) -> Iterator[tuple[Destination, str, Row]]:
    """(destination, "lines", row) of the scheduled charges, discounts and purchases that this run bills."""
    for charge in run.contract["charges"]:
        for due in charge["due"]:
            destination = None if _has_ended(run, due[0]) else run.charged(due[0])
            if destination is not None:
                row = charge_row(run, charge["product"], due, charge["name"], "scheduled")
                row["discount_id" if charge["discount"] else "scheduled_charge_id"] = charge["id"]
                yield destination, "lines", {**row, "custom_fields": charge["custom_fields"]}
    for balance in run.purchases:
        for due in balance.purchases:
            ended = balance.contract is not None and _has_ended(run, due[0])
            destination = None if ended else run.charged(due[0])
            if destination is not None:
                yield destination, "lines", purchase_row(run, balance, due, balance.terms["name"])


def _has_ended(run: Run, moment: datetime) -> bool:
    """Whether the terms of the contract make no charges any more."""
    ended: datetime | None = run.contract["terms_end_at"]
    return ended is not None and moment >= ended


def charge_row(run: Run, product_id: str, due: Due, name: str | None, kind: str) -> Row:
    """A line of a FIXED product at an instant."""
    moment, price, quantity = due
    fiat = run.card["fiat"]
    row = {
        **_priced(run, product_id, moment, kind),
        "credit_type_id": fiat,
        "credit_type": run.catalog["credit_types"][fiat],
        "starting_at": moment,
        "ending_before": None,
        "quantity": quantity,
        "unit_price": price,
        "total": quantity * price,
    }
    return {**row, "name": name or row["product_name"]}


def purchase_row(run: Run, balance: Balance, due: Due, name: str | None) -> Row:
    """The line on which a balance, or what a postpaid one lacks, is paid."""
    row = charge_row(run, balance.terms["product"], due, name, "commit_purchase")
    return {**row, "commit": balance.id, "custom_fields": balance.terms["custom_fields"]}


def conversions(run: Run, lines: list[Row], starting_at: datetime, ending_before: datetime | None) -> Iterator[Row]:
    """A line in the invoice's currency for each pricing unit of which its other lines leave something uncovered."""
    names, fiat = run.catalog["credit_types"], run.card["fiat"]
    sums: dict[str, Fraction] = {}
    for line in lines:
        if line["credit_type_id"] != fiat:
            sums[line["credit_type_id"]] = sums.get(line["credit_type_id"], Fraction(0)) + uncovered(line)[1]
    for rank, (unit, amount) in enumerate(sorted(sums.items(), key=lambda item: names[item[0]])):
        if amount == 0:
            continue
        price = run.card["conversions"][unit]
        yield {
            "type": "cpu_conversion",
            "name": f"{names[unit]} to {names[fiat]}",
            "credit_type_id": fiat,
            "credit_type": names[fiat],
            "starting_at": starting_at,
            "ending_before": ending_before,
            "quantity": amount,
            "unit_price": price,
            "total": amount * price,
            "place": (run.card["listed"], len(_KINDS), rank),
        }


def invoice(
    run: Run, destination: Destination, lines: list[Row], draws: Mapping[int, list[Draw]], kind: str
) -> tuple[Row, list[Row]]:
    """An invoice, and its lines in order with all their columns, each as `draws` of it (by id of the line) cover it.

    Of a USAGE statement, or at an instant: then it is SCHEDULED, or a TRUEUP.
    """
    contract, fiat = run.contract, run.card["fiat"]
    start, end = (None, None) if isinstance(destination, datetime) else destination
    issued_at = destination if isinstance(destination, datetime) else destination[1] + GRACE
    head = {"customer": contract["customer"], "contract": run.contract_id}
    on_invoice = {
        "invoice_type": kind,
        "period_starting_at": start,
        "period_ending_before": end,
        "issued_at": issued_at,
    }
    columns = [
        {**_OF_LINES, **head, **on_invoice, **{key: value for key, value in row.items() if key not in _WORKING}}
        for line in sorted(lines, key=_order)
        for row in expanded(line, draws.get(id(line), ()))
    ]
    counted = [line for line in columns if line["credit_type_id"] == fiat and line["in_total"]]
    customer = run.catalog["customers"][contract["customer"]]
    return {
        **head,
        "customer_name": customer["name"],
        "type": on_invoice["invoice_type"],
        "starting_at": start,
        "ending_before": end,
        "issued_at": issued_at,
        "net_payment_terms_days": contract["net_payment_terms_days"],
        "payer_customer": payer(run.catalog["contracts"], contract),
        "credit_type_id": fiat,
        "currency": run.catalog["credit_types"][fiat],
        "line_items": len(columns),
        "total": sum((Fraction(line["total"]) for line in counted), Fraction(0)),
        "constituent_invoices": (),
        "custom_fields": contract["custom_fields"],
        "customer_custom_fields": customer["custom_fields"],
    }, columns


def held_back(run: Run, destination: Destination, row: Row) -> Row:
    """A row of `unrated` or `not_entitled` with its own columns only."""
    start, end = (None, None) if isinstance(destination, datetime) else destination
    kept = {key: row.get(key, default) for key, default in _OF_CONSUMPTION.items()}
    windows: Row = {key: row[key] for key in ("window_starting_at", "window_ending_before") if key in row}
    return {
        "customer": run.contract["customer"],
        "contract": run.contract_id,
        "period_starting_at": start,
        "period_ending_before": end,
        **kept,
        **windows,
        **{key: row[key] for key in ("starting_at", "ending_before", "quantity")},
    }


def _order(line: Row) -> tuple[Any, ...]:
    line = {**_OF_LINES, **line}
    groups = [[(value is not None, value or "") for value in line[key]] for key in ("pricing", "presentation")]
    return (
        line["place"],
        *groups,
        line["starting_at"],
        line["tier"] or 0,
        line["override_tier_level"] or 0,
        line["type"],
    )
