"""Edits of the balances and thresholds of a contract (spec/rating.md §6, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.catalog.draft import Draft
from engine.catalog.fields import Path, describe
from engine.catalog.items import Item
from engine.catalog.schedule_edits import added_items, edit_charges, edit_items, replace_given
from engine.catalog.term_ids import give_segment_ids, segments_of
from engine.errors import Problem

#: Keys that may stand in each other's place.
_OTHER_KEY: Mapping[str, str] = {
    one: other
    for pair in (
        ("product_id", "product"),
        ("applicable_product_ids", "applicable_products"),
        ("custom_credit_type_id", "custom_credit_type"),
        ("discount_configuration", "discount_config"),
    )
    for one, other in (pair, pair[::-1])
}

#: What an edit of a commit or credit sets, besides its schedules.
_OF_BALANCE = (
    *("name", "description", "product_id", "product", "priority", "rate_type", "rollover_fraction"),
    *("hierarchy_configuration", "specifiers"),
    *("applicable_product_ids", "applicable_products", "applicable_product_tags"),
)

#: What an edit takes away where it is given as null.
_CLEARED_BY_NULL = frozenset(
    {
        *("priority", "rollover_fraction", "specifiers", "ending_before", "proration_rounding"),
        *("applicable_product_ids", "applicable_products", "applicable_product_tags"),
        *("duration", "custom_credit_type_id", "custom_credit_type", "discount_configuration", "discount_config"),
    }
)


class BalanceEdits:
    """Changes the balances of one contract; what cannot be done goes to `problems`.

    Segments keep the ids they were given, whatever comes and goes.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._segments: dict[str, int] = {}

    def change_balance(self, balance: Draft, written: Draft, item: Item, path: Path) -> None:
        """Makes one entry of `update_commits` or `update_credits`, which stands at `path` of `item`."""
        _set(balance, written, _OF_BALANCE)
        access = written.part("access_schedule")
        if access is not None:
            self._change_access(balance, access, item, (*path, "access_schedule"))
        invoice = written.part("invoice_schedule")
        if invoice is not None:
            self._change_invoice(balance, invoice, item, (*path, "invoice_schedule"))

    def change_recurring(self, balance: Draft, written: Draft) -> None:
        """Makes one entry of `update_recurring_commits` or `update_recurring_credits`."""
        _set(balance, written, ("ending_before", "rate_type", "proration_rounding"))
        for key in ("access_amount", "invoice_amount"):
            source = written.part(key)
            if source is not None:
                amount = balance.part(key, source.origin)
                if amount is not None:
                    replace_given(amount, source, ("unit_price", "quantity"))

    def configure(self, contract: Draft, key: str, source: Draft, item: Item, name: str) -> None:
        """Makes what an edit says of the threshold configuration `key` of the contract called `name`."""
        shown = key.replace("_", " ")
        added, updated = f"add_{key}", f"update_{key}"
        for given in (added, updated):
            value, held = source.value.get(given), contract.value.get(key)
            if value is None:
                continue
            written = source.part(given)
            if written is None:
                what = f"{given}: expected a mapping, found {describe(value)}"
                self._problems.append(item.problem((given,), what))
            elif held is None and given == updated:
                what = f"contract {name!r} has no {shown}"
                self._problems.append(item.problem((given,), what, f"use {added}", key=True))
            elif held is not None and given == added:
                what = f"contract {name!r} has a {shown} already"
                self._problems.append(item.problem((given,), what, f"use {updated}", key=True))
            elif given == added:
                contract.put(key, value, source.at(given))
            else:
                _merge(contract.part(key), written)

    def _change_access(self, balance: Draft, written: Draft, item: Item, path: Path) -> None:
        segments = segments_of(balance)
        if segments is None:
            return
        balance_id = str(balance.value["id"])
        given = self._segments.setdefault(balance_id, len(segments))
        give_segment_ids(balance, segments, 0)
        self._problems += edit_items(segments, written, item, path, "balance", _change_segment)
        added = added_items(written, item, path, self._problems)
        give_segment_ids(balance, added, given)
        self._segments[balance_id] = given + len(added)
        segments.extend(added)

    def _change_invoice(self, balance: Draft, written: Draft, item: Item, path: Path) -> None:
        schedule = balance.part("invoice_schedule", written.origin)
        if schedule is not None:
            self._problems += edit_charges(schedule, written, item, path, "commit", "invoice schedule")


def _change_segment(known: Draft, written: Draft) -> None:
    replace_given(known, written, ("amount", "starting_at", "ending_before"))


def _set(part: Draft, written: Draft, keys: Iterable[str]) -> None:
    """Gives a part the new values of some keys, under whichever of two names, and takes away what is null."""
    for key in keys:
        if key not in written.value or (written.value[key] is None and key not in _CLEARED_BY_NULL):
            continue
        part.drop(key, _OTHER_KEY.get(key, key))
        if written.value[key] is not None:
            part.put(key, written.value[key], written.at(key))


def _merge(part: Draft | None, written: Draft) -> None:
    """Gives a configuration the new values of a mapping; those of the commit in it one by one."""
    if part is None:
        return
    source = written.part("commit")
    inner = None if source is None else part.part("commit", source.origin)
    if source is not None and inner is not None:
        _set(inner, source, source.value)
    _set(part, written, [key for key in written.value if key != "commit" or source is None])
