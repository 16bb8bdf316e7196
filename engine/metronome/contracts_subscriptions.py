"""Subscriptions: as an export writes them, and as request bodies do."""

from __future__ import annotations

from engine.catalog.contract import Contract
from engine.catalog.subscription import ProrationRounding, ProrationRoundingMethod, Subscription
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import Body, Row, custom_fields, instant, number, present, upper

#: How exports spell the ways of rounding.
_METHODS = {
    ProrationRoundingMethod.HALF_UP: "round_half_up",
    ProrationRoundingMethod.FLOOR: "round_down",
    ProrationRoundingMethod.CEILING: "round_up",
}
_METHOD_OF = {name: str(method) for method, name in _METHODS.items()}


def rounding_json(rounding: ProrationRounding | None) -> Body | None:
    """A rounding as the export's `ProrationRounding`."""
    if rounding is None:
        return None
    return {"rounding_method": _METHODS[rounding.rounding_method], "decimal_places": rounding.decimal_places}


def rounding_body(value: Body | None) -> Body | None:
    """A rounding as a part of a request body."""
    if not value:
        return None
    method = value.get("rounding_method")
    return present(rounding_method=_METHOD_OF.get(str(method), method), decimal_places=value.get("decimal_places"))


def subscription_row(subscription: Subscription, contract: Contract, currency: str) -> Body:
    """A row of `contracts_subscriptions`; seats are counted, not named."""
    start = subscription.starting_at or contract.starting_at
    steps = subscription.quantities(start)
    ends = [*(moment for moment, _ in steps[1:]), subscription.ending_before]
    schedule = [
        {"starting_at": instant(moment), "ending_before": instant(end), "quantity": quantity}
        for (moment, quantity), end in zip(steps, ends, strict=True)
    ]
    cycle, rounding = subscription.billing_cycle_config, rounding_json(subscription.proration.rounding)
    return {
        "id": subscription.id,
        "customer_id": contract.customer_id,
        "contract_id": contract.id,
        "product_id": subscription.product_id,
        "name": subscription.name,
        "description": subscription.description,
        "billing_frequency": subscription.billing_frequency,
        "billing_cycle_config": json_text(
            {"anchor_date": instant(cycle.anchor_date), "invoice_placement": cycle.invoice_placement}
        ),
        "collection_schedule": subscription.collection_schedule,
        "is_prorated": subscription.proration.is_prorated,
        "proration_rounding": None if rounding is None else json_text(rounding),
        "invoice_behavior": subscription.invoice_behavior,
        "quantity_schedule": json_text(schedule),
        "fiat_credit_type_id": currency,
        "metadata": json_text({"custom_fields": dict(subscription.custom_fields)}),
        "starting_at": start,
        "ending_before": subscription.ending_before,
    }


def subscription_body(row: Row, contract: Row) -> Body:
    """A subscription of the contract of a row as a request body; its quantity is QUANTITY_ONLY."""
    steps = json_value(row["quantity_schedule"]) or ()
    quantities = [(instant(each.get("starting_at")), number(each.get("quantity"))) for each in steps]
    cycle = json_value(row["billing_cycle_config"]) or {}
    start = None if row["starting_at"] == contract["starting_at"] else row["starting_at"]
    updates = [{"starting_at": moment, "quantity": quantity} for moment, quantity in quantities[1:]]
    proration = present(
        is_prorated=row["is_prorated"],
        invoice_behavior=_unusual_behavior(row),
        rounding=rounding_body(json_value(row["proration_rounding"])),
    )
    return present(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        subscription_rate=present(product_id=row["product_id"], billing_frequency=upper(row["billing_frequency"])),
        collection_schedule=upper(row["collection_schedule"]),
        initial_quantity=quantities[0][1] if quantities else None,
        quantity_updates=updates,
        starting_at=instant(start),
        ending_before=instant(row["ending_before"]),
        proration=proration,
        billing_cycle_config=present(
            anchor_date=instant(cycle.get("anchor_date")), invoice_placement=upper(cycle.get("invoice_placement"))
        ),
        custom_fields=custom_fields(row["metadata"]),
    )


def _unusual_behavior(row: Row) -> str | None:
    """When an increase is billed, unless it is as usual for the collection schedule."""
    usual = "BILL_IMMEDIATELY" if upper(row["collection_schedule"]) == "ADVANCE" else "BILL_ON_NEXT_COLLECTION_DATE"
    behavior = upper(row["invoice_behavior"])
    return None if behavior == usual else behavior
