"""Edits made to contracts, one after the other: what comes of them is one contract, as if it were written so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.catalog.balance_edits import BalanceEdits
from engine.catalog.contract_edit import ContractEdit, SubscriptionEdit
from engine.catalog.document import Origin
from engine.catalog.draft import Draft
from engine.catalog.fields import Path, describe
from engine.catalog.items import Item
from engine.catalog.references import instant_or_none
from engine.catalog.schedule_edits import edit_charges
from engine.catalog.subscription import SeatUpdates
from engine.catalog.term_ids import BALANCES, TERM_KIND, give_term_ids, term_id
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant

#: The keys of an edit that remove terms, and the lists that they remove them from.
_REMOVED_BY = {
    "remove_overrides": "overrides",
    "archive_scheduled_charges": "scheduled_charges",
    "archive_commits": "commits",
    "archive_credits": "credits",
}


def end_terms(contract: Draft, moment: datetime, origin: Origin) -> None:
    """Removes the charges at and after `moment`: a contract that ends early, or is renewed, has no more of them."""
    before = instant_or_none(contract.value.get("terms_end_at"))
    contract.put("terms_end_at", format_instant(moment if before is None else min(before, moment)), origin)


class EditedContract:
    """One contract while edits are made to it; what cannot be done goes to `problems`."""

    def __init__(self, contract_id: str, name: str, draft: Draft, problems: list[Problem]) -> None:
        self._id = contract_id
        self._name = name
        self._draft = draft
        self._problems = problems
        self._given = give_term_ids(draft, contract_id)
        self._balances = BalanceEdits(problems)

    def apply(self, edit: ContractEdit, item: Item) -> None:
        """Makes one edit, written as `item`: terms go and change, the end moves, then other terms come."""
        for key, kept in _REMOVED_BY.items():
            for position, removed in enumerate(getattr(edit, key)):
                term = self._term(kept, removed.id, item, (key, position, "id"))
                if term is not None:
                    self._terms(kept).remove(term)
        source = Draft.of(item)
        self._each_change(source, item, edit)
        self._each_balance(source, item, edit)
        if edit.update_contract_end_date is not None:
            self._move_end(edit.update_contract_end_date, source.at("update_contract_end_date"))
        for key, value in (
            ("name", edit.update_contract_name),
            ("net_payment_terms_days", edit.update_net_payment_terms_days),
        ):
            if value is not None:
                written = "update_contract_name" if key == "name" else "update_net_payment_terms_days"
                self._draft.put(key, value, source.at(written))
        for key in ("prepaid_balance_threshold_configuration", "spend_threshold_configuration"):
            self._balances.configure(self._draft, key, source, item, self._name)
        for key in TERM_KIND:
            self._add(key, source, item)

    def _terms(self, key: str) -> list[Draft]:
        return self._draft.parts(key) or []

    def _each_change(self, source: Draft, item: Item, edit: ContractEdit) -> None:
        charges = zip(edit.update_scheduled_charges, source.parts("update_scheduled_charges") or (), strict=False)
        for position, (charge, written) in enumerate(charges):
            path: Path = ("update_scheduled_charges", position)
            given = "scheduled_charge_id" if "scheduled_charge_id" in written.value else "scheduled_charge"
            term = self._term("scheduled_charges", charge.scheduled_charge_id, item, (*path, given))
            if term is not None:
                self._change_charge(term, written, item, (*path, "invoice_schedule"))
        subscriptions = zip(edit.update_subscriptions, source.parts("update_subscriptions") or (), strict=False)
        for position, (subscription, written) in enumerate(subscriptions):
            given = "subscription_id" if "subscription_id" in written.value else "subscription"
            path = ("update_subscriptions", position, given)
            term = self._term("subscriptions", subscription.subscription_id, item, path)
            if term is not None:
                _change_subscription(term, subscription, written)

    def _each_balance(self, source: Draft, item: Item, edit: ContractEdit) -> None:
        for key in BALANCES:
            field = f"{TERM_KIND[key]}_id"
            changes = zip(getattr(edit, f"update_{key}"), source.parts(f"update_{key}") or (), strict=False)
            for position, (change, written) in enumerate(changes):
                path: Path = (f"update_{key}", position)
                given = field if field in written.value else field.removesuffix("_id")
                term = self._term(key, getattr(change, field), item, (*path, given))
                if term is None:
                    continue
                if key in ("commits", "credits"):
                    self._balances.change_balance(term, written, item, path)
                else:
                    self._balances.change_recurring(term, written)

    def _change_charge(self, term: Draft, written: Draft, item: Item, path: Path) -> None:
        schedule, source = term.part("schedule"), written.part("invoice_schedule")
        if schedule is not None and source is not None:
            self._problems += edit_charges(schedule, source, item, path, "charge", "charge")

    def _move_end(self, end: datetime, origin: Origin) -> None:
        """An earlier end cuts every term; a later one is the contract's alone."""
        given = self._draft.value.get("ending_before")
        before = instant_or_none(given)
        if given is None or (before is not None and end < before):
            end_terms(self._draft, end, origin)
        elif before is not None and end > before:
            for key in ("subscriptions", "recurring_commits", "recurring_credits"):
                for term in self._terms(key):
                    if term.value.get("ending_before") is None:
                        term.put("ending_before", given, self._draft.at("ending_before"))
        self._draft.put("ending_before", format_instant(end), origin)

    def _add(self, key: str, source: Draft, item: Item) -> None:
        added = source.parts(f"add_{key}")
        if added is None:
            what = f"add_{key}: expected a list of mappings, found {describe(source.value[f'add_{key}'])}"
            self._problems.append(item.problem((f"add_{key}",), what, "start each item with a dash"))
            return
        terms = self._draft.parts(key)
        if terms is None:
            return
        for position, term in enumerate(added):
            if term.value.get("id") is None:
                term.value["id"] = term_id(key, self._id, self._given[key] + position)
            if key in ("scheduled_charges", "discounts", "commits"):
                self._is_still_charged(term, item, (f"add_{key}", position))
            terms.append(term)
        self._given[key] += len(added)

    def _is_still_charged(self, term: Draft, item: Item, path: Path) -> None:
        ended = instant_or_none(self._draft.value.get("terms_end_at"))
        schedule = term.part("schedule") or term.part("invoice_schedule")
        if ended is None or schedule is None:
            return
        times = [each.value.get("timestamp") for each in schedule.parts("schedule_items") or ()]
        recurring = schedule.part("recurring_schedule")
        if recurring is not None:
            times.append(recurring.value.get("ending_before"))
        if any(moment is not None and moment > ended for moment in map(instant_or_none, times)):
            what = f"the contract's charges end at {format_instant(ended)}, when its end was moved"
            self._problems.append(item.problem(path, what, "charge it in another contract"))

    def _term(self, key: str, given: str, item: Item, path: Path) -> Draft | None:
        """The term with this id, or the one with this name. An id that is given twice is reported with the terms."""
        terms = self._draft.parts(key)
        if terms is None:
            return None
        for field in ("id", "name"):
            found = [term for term in terms if term.value.get(field) == given]
            if len(found) == 1:
                return found[0]
            if found and field == "id":
                return None
            if found:
                ids = ", ".join(repr(term.value.get("id")) for term in found)
                what = f"contract {self._name!r} has {len(found)} {key.replace('_', ' ')} named {given!r}"
                self._problems.append(item.problem(path, what, f"refer to one by id: {ids}"))
                return None
        known = [term.value.get(field) for term in terms for field in ("name", "id")]
        what = f"contract {self._name!r} has no {TERM_KIND[key].replace('_', ' ')} {given!r}"
        remedy = did_you_mean(given, [each for each in known if isinstance(each, str)])
        self._problems.append(item.problem(path, what, remedy))
        return None


def _change_subscription(term: Draft, edit: SubscriptionEdit, written: Draft) -> None:
    for key in ("ending_before", "name"):
        if getattr(edit, key) is not None:
            term.put(key, written.value[key], written.at(key))
    if edit.proration_rounding is not None:
        proration = term.part("proration", written.at("proration_rounding"))
        if proration is not None:
            proration.put("rounding", written.value["proration_rounding"], written.at("proration_rounding"))
    _extend(term, written, ("quantity_updates",))
    source = written.part("seat_updates")
    if source is not None:
        seats = term.part("seat_updates", source.origin)
        if seats is not None:
            _extend(seats, source, SeatUpdates.model_fields)


def _extend(part: Draft, written: Draft, keys: Iterable[str]) -> None:
    for key in keys:
        held, added = part.parts(key), written.parts(key)
        if held is not None and added:
            held.extend(added)
