"""Edits made to contracts, one after the other: what comes of them is one contract, as if it were written so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.catalog.contract_edit import ContractEdit, InvoiceScheduleEdit, ScheduledChargeEdit, SubscriptionEdit
from engine.catalog.document import Origin
from engine.catalog.draft import Draft
from engine.catalog.fields import Path, describe
from engine.catalog.items import Item
from engine.catalog.references import instant_or_none
from engine.catalog.subscription import SeatUpdates
from engine.catalog.term_ids import TERM_KIND, give_term_ids, term_id
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant


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

    def apply(self, edit: ContractEdit, item: Item) -> None:
        """Makes one edit, written as `item`: terms go and change, the end moves, then other terms come."""
        for key, ids in (
            ("remove_overrides", edit.remove_overrides),
            ("archive_scheduled_charges", edit.archive_scheduled_charges),
        ):
            kept = "overrides" if key == "remove_overrides" else "scheduled_charges"
            for position, removed in enumerate(ids):
                term = self._term(kept, removed.id, item, (key, position, "id"))
                if term is not None:
                    self._terms(kept).remove(term)
        source = Draft.of(item)
        self._each_change(source, item, edit)
        if edit.update_contract_end_date is not None:
            self._move_end(edit.update_contract_end_date, source.at("update_contract_end_date"))
        for key, value in (
            ("name", edit.update_contract_name),
            ("net_payment_terms_days", edit.update_net_payment_terms_days),
        ):
            if value is not None:
                written = "update_contract_name" if key == "name" else "update_net_payment_terms_days"
                self._draft.put(key, value, source.at(written))
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
                self._change_charge(term, charge, written, item, (*path, "invoice_schedule"))
        subscriptions = zip(edit.update_subscriptions, source.parts("update_subscriptions") or (), strict=False)
        for position, (subscription, written) in enumerate(subscriptions):
            given = "subscription_id" if "subscription_id" in written.value else "subscription"
            path = ("update_subscriptions", position, given)
            term = self._term("subscriptions", subscription.subscription_id, item, path)
            if term is not None:
                _change_subscription(term, subscription, written)

    def _change_charge(self, term: Draft, edit: ScheduledChargeEdit, written: Draft, item: Item, path: Path) -> None:
        schedule, source = term.part("schedule"), written.part("invoice_schedule")
        if schedule is None or source is None:
            return
        if schedule.value.get("recurring_schedule") is not None:
            what = "the charge has a recurring_schedule, and no schedule_items to change"
            self._problems.append(item.problem(path, what, "archive it and add another charge"))
            return
        items = schedule.parts("schedule_items")
        if items is None:
            return
        for where, known in self._schedule_items(edit.invoice_schedule, items, item, path):
            if where[0] == "remove_schedule_items":
                items.remove(known)
            else:
                _change_schedule_item(known, (source.parts("update_schedule_items") or [])[where[1]])
        items.extend(source.parts("add_schedule_items") or ())

    def _schedule_items(
        self, edit: InvoiceScheduleEdit, items: list[Draft], item: Item, path: Path
    ) -> Iterator[tuple[tuple[str, int], Draft]]:
        """(which entry of the edit, the item of the schedule that it speaks of)."""
        by_id = {each.value["id"]: each for each in items if isinstance(each.value.get("id"), str)}
        for key, entries in (
            ("update_schedule_items", [each.id for each in edit.update_schedule_items]),
            ("remove_schedule_items", [each.id for each in edit.remove_schedule_items]),
        ):
            for position, given in enumerate(entries):
                if given in by_id:
                    yield (key, position), by_id[given]
                else:
                    what, remedy = f"the charge has no schedule item {given!r}", did_you_mean(given, by_id)
                    self._problems.append(item.problem((*path, key, position, "id"), what, remedy))

    def _move_end(self, end: datetime, origin: Origin) -> None:
        """An earlier end cuts every term; a later one is the contract's alone."""
        given = self._draft.value.get("ending_before")
        before = instant_or_none(given)
        if given is None or (before is not None and end < before):
            end_terms(self._draft, end, origin)
        elif before is not None and end > before:
            for subscription in self._terms("subscriptions"):
                if subscription.value.get("ending_before") is None:
                    subscription.put("ending_before", given, self._draft.at("ending_before"))
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
            if key in ("scheduled_charges", "discounts"):
                self._is_still_charged(term, item, (f"add_{key}", position))
            terms.append(term)
        self._given[key] += len(added)

    def _is_still_charged(self, term: Draft, item: Item, path: Path) -> None:
        ended = instant_or_none(self._draft.value.get("terms_end_at"))
        schedule = term.part("schedule")
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


def _change_schedule_item(known: Draft, written: Draft) -> None:
    """A new amount takes the place of unit price and quantity, and the other way round."""
    if written.value.get("amount") is not None:
        known.drop("unit_price", "quantity")
    elif any(written.value.get(key) is not None for key in ("unit_price", "quantity")):
        known.drop("amount")
    for key in ("timestamp", "amount", "unit_price", "quantity"):
        if written.value.get(key) is not None:
            known.put(key, written.value[key], written.at(key))
