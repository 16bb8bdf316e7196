"""All balances that a run works with: written, granted, rolled over, released by thresholds (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.balances import Balance, Rollover, Segment
from tests.oracle.derived import derived, instant_text
from tests.oracle.eligibility import order_of
from tests.oracle.grants import Grant, grants
from tests.oracle.history import History
from tests.oracle.segments import LAST_INSTANT
from tests.oracle.times import END
from tests.oracle.versions import version_at
from tests.oracle.written import exact, when

Span = tuple[datetime, datetime]


class CutBelowUse(Exception):
    """A segment is smaller now than what earlier months have drawn of it, or it is gone."""


@dataclass
class Book:
    """The balances in catalog order: of contracts, of customers, rollovers, then those of thresholds."""

    catalog: Mapping[str, Any]
    span: Span
    history: History
    balances: list[Balance] = field(default_factory=list)

    def add(
        self,
        terms: Mapping[str, Any],
        customer: str,
        contract: str | None,
        applicable: list[str] | None = None,
        is_rollover: bool = False,
        **more: Any,
    ) -> Balance:
        """A balance without segments; `applicable` are the contracts of a customer's that it is for."""
        own = [contract] if contract else applicable or _contracts_of(self.catalog, customer)
        contracts = tuple(dict.fromkeys([*own, *_children(self.catalog, own, terms)]))
        last = self.span[1] - LAST_INSTANT
        count = 1 if contract else (len(applicable) if applicable else None)
        balance = Balance(
            id=more.pop("id", terms["id"]),
            name=terms["name"] or version_at(self.catalog["products"][terms["product"]], last)["name"],
            number=len(self.balances),
            terms=dict(terms),
            customer=customer,
            contract=contract,
            invoice_contract=contract or terms.get("invoice_contract"),
            contracts=contracts,
            order=order_of(terms, self.catalog, contracts, count, is_rollover),
            called=frozenset(more.pop("called", ())),
            **more,
        )
        self.balances.append(balance)
        return balance

    def add_segment(
        self, balance: Balance, identity: str, amount: Fraction | None, start: datetime, end: datetime, **more: Any
    ) -> Segment | None:
        """A segment of a balance, cut to the end of its contract; None where nothing is left of its window."""
        cut = end
        if balance.contract is not None:
            cut = min(end, self.catalog["contracts"][balance.contract]["ending_before"] or END)
        if start >= cut or start > self.span[1]:
            return None
        more = {"written_ending_before": end, **more}
        segment = Segment(balance, identity, len(balance.segments), amount, start, cut, **more)
        balance.segments.append(segment)
        return segment


def _contracts_of(catalog: Mapping[str, Any], customer: str) -> list[str]:
    return [contract for contract, terms in catalog["contracts"].items() if terms["customer"] == customer]


def _children(catalog: Mapping[str, Any], parents: list[str], terms: Mapping[str, Any]) -> Iterator[str]:
    """The children of contracts that may draw too; none unless the balance says so."""
    for child, contract in catalog["contracts"].items():
        if contract["hierarchy"]["parent"] in parents:
            named = {child, contract["name"]} & set(terms["child_contracts"])
            if terms["child_access"] == "ALL" or (terms["child_access"] == "CONTRACT_IDS" and named):
                yield child


def book(catalog: Mapping[str, Any], span: Span, history: History) -> Book:
    """All balances with their segments; amounts of rollovers that this run finds out are None."""
    made = Book(catalog, span, history)
    for contract_id, contract in catalog["contracts"].items():
        for terms in contract["balances"]:
            _add_written(made, terms, contract["customer"], contract_id)
        granted = [
            (grant.starting_at, position, number, terms, grant)
            for position, terms in enumerate(contract["recurring"])
            for number, grant in enumerate(grants(contract, terms, span[1]))
        ]
        for _, _, _, terms, grant in sorted(granted, key=lambda each: each[:3]):
            _add_grant(made, terms, contract["customer"], contract_id, grant)
    for terms in catalog["customer_balances"]:
        _add_written(made, terms, terms["customer"], None, terms["applicable_contracts"])
    thresholds = Book(catalog, span, history)
    for commit in history.threshold_commits:
        balance = thresholds.add(commit["terms"], commit["customer"], commit["contract"], id=commit["id"])
        thresholds.add_segment(
            balance, commit["segment"], commit["amount"], commit["starting_at"], commit["ending_before"]
        )
    for contract_id, contract in catalog["contracts"].items():
        if contract["renews"]:
            old = [each for each in (*made.balances, *thresholds.balances) if each.contract == contract["renews"]]
            _add_rollovers(made, old, contract_id)
    for balance in thresholds.balances:
        balance.number = len(made.balances)
        made.balances.append(balance)
    _add_manual_entries(made)
    _remember(made)
    return made


def _add_written(
    made: Book, terms: Mapping[str, Any], customer: str, contract: str | None, applicable: list[str] | None = None
) -> None:
    balance = made.add(terms, customer, contract, applicable, called=terms["called"])
    for each in terms["segments"]:
        made.add_segment(balance, each["id"], each["amount"], each["starting_at"], each["ending_before"])
    billed_to = balance.invoice_contract
    if balance.kind == "POSTPAID" and terms["invoices"]:
        assert billed_to is not None
        charged_at = terms["invoices"][0][0]
        balance.trueup = billed_to, charged_at, not terms["invoiced"] or _is_removed(made, contract, charged_at)
    elif terms["invoiced"]:
        balance.purchases = list(terms["invoices"])


def _is_removed(made: Book, contract: str | None, charged_at: datetime) -> bool:
    removed_from = made.catalog["contracts"][contract]["trueups_removed_from"] if contract else None
    return removed_from is not None and charged_at >= removed_from


def _add_grant(made: Book, terms: Mapping[str, Any], customer: str, contract: str, grant: Grant) -> None:
    invoices = grant.purchases
    balance = made.add(
        {**terms, "invoices": invoices}, customer, contract, id=grant.id, called=terms["called"], purchases=invoices
    )
    amounts = [(grant.starting_at, grant.amount, "SEGMENT_START", "0")] if grant.amount is not None else []
    for moment, more in grant.increases:
        amounts.append((moment, more, "SEAT_BASED_ADJUSTMENT", instant_text(moment)))
    for start, amount, granted_as, name in amounts:
        made.add_segment(
            balance,
            derived("segment", grant.id, name),
            amount,
            start,
            grant.ending_before,
            granted_as=granted_as,
            seat=grant.seat,
            written_ending_before=grant.written_ending_before,
        )


def _add_rollovers(made: Book, old: list[Balance], contract_id: str) -> None:
    """A new balance for each old one that rolls over when this contract renews its own."""
    contract = made.catalog["contracts"][contract_id]
    moment = contract["starting_at"]
    for balance in old:
        fraction = balance.terms["rollover_fraction"]
        active = [each for each in balance.segments if each.starting_at < moment <= each.written_ending_before]
        if not fraction or not active:
            continue
        identity = derived("rollover", balance.id, contract_id)
        end = contract["ending_before"] or END
        ended = made.catalog["contracts"][balance.contract]["ending_before"]
        segment_id = derived("segment", identity, "0")
        terms = {**balance.terms, "rollover_fraction": None, "recurring": None}
        new = made.add(terms, contract["customer"], contract_id, is_rollover=True, id=identity, called=(identity,))
        known = made.history.rolled_into.get(segment_id)
        segment = made.add_segment(new, segment_id, known, moment, end, seat=active[0].seat)
        if segment is None:
            made.balances.pop()
            continue
        if balance.kind == "POSTPAID":
            charged_at = contract["ending_before"]
            new.trueup = contract_id, charged_at, charged_at is not None and _is_removed(made, contract_id, charged_at)
        found_now = made.span[0] < ended <= made.span[1]
        active.sort(key=lambda each: (each.starting_at, each.number))
        new.rollover = Rollover(moment, fraction, active, segment, found_now)


def _add_manual_entries(made: Book) -> None:
    """Entries go to the segment that they name, else to the only one, else to the one in force at their time."""
    for entry in made.catalog["manual_entries"]:
        customer = made.catalog["find_customer"](entry.get("customer_id") or entry["customer"])
        contract = entry.get("contract_id") or entry.get("contract")
        (balance,) = [
            each
            for each in made.balances
            if each.customer == customer
            and each.rollover is None
            and each.terms["recurring"] is None
            and entry["id"] in (each.id, *each.called)
            and (not contract or contract in (each.contract, _name_of(made, each.contract)))
        ]
        moment = when(entry, "timestamp")
        named = entry.get("segment_id")
        written = [each for each in balance.terms["segments"] if named in (None, each["id"])]
        if len(written) > 1:
            written = [each for each in written if each["starting_at"] <= moment < each["ending_before"]]
        found = [each for each in balance.segments if each.id == written[0]["id"]]
        for segment in found:
            segment.manual.append((moment or segment.starting_at, exact(entry["amount"]), entry.get("reason") or ""))


def _name_of(made: Book, contract: str | None) -> str | None:
    return made.catalog["contracts"][contract]["name"] if contract else None


def _remember(made: Book) -> None:
    """Put in what earlier months have drawn and rolled; CutBelowUse where that is more than there is."""
    segments = {segment.id: segment for balance in made.balances for segment in balance.segments}
    for identity, drawn in made.history.drawn.items():
        if identity not in segments:
            raise CutBelowUse(f"segment {identity}, of which {drawn} have been drawn, is gone")
        segment = segments[identity]
        segment.earlier_drawn = drawn
        amount = sum((amount for _, amount, _ in segment.manual), segment.amount or Fraction(0))
        if amount < drawn:
            raise CutBelowUse(f"segment {identity} has {amount}, and {drawn} have been drawn of it")
    for identity, rolled in made.history.rolled_from.items():
        if identity in segments:
            segments[identity].earlier_rolled = rolled
