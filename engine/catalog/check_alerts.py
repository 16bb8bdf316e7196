"""Alerts against the credit types that the customers they watch are billed in (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.alert import Alert, AlertType
from engine.catalog.build import Built, Placed
from engine.catalog.credit_type import credit_type_names, fiat_names
from engine.errors import Problem, did_you_mean


def check_alerts(built: Built) -> Iterator[Problem]:
    """What an alert watches is counted in its credit type, which is said where contracts have several currencies."""
    checks = _Alerts(built)
    first: dict[str, Placed[Alert]] = {}
    for placed in built.alerts:
        yield from checks.credit_type(placed)
        if first.setdefault(placed.object.id, placed) is not placed:
            place = first[placed.object.id].item.place_of()
            field = "id" if placed.item.value.get("id") is not None else "name"
            what = f"alert {field} {placed.item.value[field]!r} is already taken"
            yield placed.item.problem((field,), what, f"first given at {place.file}:{place.line}")


class _Alerts:
    """What the contracts of each customer are billed in."""

    def __init__(self, built: Built) -> None:
        units = [each.object for each in built.pricing_units]
        self._names = credit_type_names(units)
        self._fiats = fiat_names(units)
        cards = {each.object.id: each.object for each in built.rate_cards}
        self._currencies: dict[str, dict[str, None]] = {}
        self._units: dict[str, dict[str, None]] = {}
        for each in built.contracts:
            card = cards.get(each.object.rate_card_id)
            if card is not None:
                customer = each.object.customer_id
                self._currencies.setdefault(customer, {})[card.fiat_credit_type_id] = None
                custom = (conversion.custom_credit_type_id for conversion in card.credit_type_conversions)
                self._units.setdefault(customer, {}).update(dict.fromkeys(custom))

    def credit_type(self, placed: Placed[Alert]) -> Iterator[Problem]:
        alert = placed.object
        customers = self._currencies if alert.customer_id is None else {alert.customer_id}
        currencies = dict.fromkeys(each for one in customers for each in self._currencies.get(one, ()))
        units = dict.fromkeys(each for one in customers for each in self._units.get(one, ()))
        given = alert.credit_type_id
        if given is None:
            if alert.customer_id is not None and len(currencies) > 1:
                shown = " and ".join(sorted(self._names.get(each, each) for each in currencies))
                what = f"the contracts of the customer are in {shown}, and the alert says not in which it counts"
                yield placed.item.problem((), what, "add credit_type")
            return
        field = "credit_type_id" if placed.item.value.get("credit_type_id") is not None else "credit_type"
        of_invoices = alert.alert_type is AlertType.INVOICE_TOTAL_REACHED
        if of_invoices and given in self._names.keys() - self._fiats.keys():
            what = f"the total of an invoice is in a currency, and {self._names[given]!r} is a custom pricing unit"
            yield placed.item.problem((field,), what, f"remove {field}")
        elif given in self._names and currencies and given not in currencies | units:
            whose = "no contract" if alert.customer_id is None else "no contract of the customer"
            known = [self._names[each] for each in (currencies | units) if each in self._names]
            what = f"{whose} is billed in {self._names[given]}"
            yield placed.item.problem((field,), what, did_you_mean(self._names[given], known))
