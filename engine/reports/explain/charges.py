"""Lines that are charged by a schedule or for a balance, converted, or corrected: what they were taken from."""

from __future__ import annotations

from decimal import Decimal

from engine.catalog.credit_type import credit_type_names
from engine.rating.charges import charge_inputs
from engine.reports.explain.amounts import amount_steps
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import added, when
from engine.result import shown
from engine.values.period import Period

_IDS = ("scheduled_charge_id", "discount_id", "balance_id")


def scheduled_steps(line: BilledLine, steps: Steps) -> None:
    """A scheduled charge, a discount, or what a commit costs: as the contract's schedule says."""
    row = line.row
    wanted = (row["scheduled_charge_id"], row["discount_id"], row["commit_id"])
    inputs = charge_inputs(
        line.catalog.with_contracts_of(row["customer_id"]), Period(row["starting_at"], row["starting_at"])
    )
    due = [
        each
        for each in inputs["scheduled_charges"].to_pylist()
        if tuple(each[name] for name in _IDS) == wanted and each["contract_id"] == row["contract_id"]
    ]
    agreeing = [each for each in due if each["total"] == row["total"] and each["unit_price"] == row["unit_price"]]
    noun = next(noun for noun, each in zip(("scheduled charge", "discount", "commit"), wanted, strict=True) if each)
    steps.has(f"the {noun} of {shown(row['total'])}", agreeing[0] if agreeing else None)
    what = f"{noun} due at {when(row['starting_at'])}, as its schedule says"
    if len(due) > 1:
        what += f": one of {len(due)} then"
    source = next(each for each in wanted if each)
    steps.say("schedule", what, result=agreeing[0]["total"], unit=row["currency"], source=source)
    steps.check("the quantity", agreeing[0]["quantity"], row["quantity"])
    amount_steps(row, [row], row["quantity"], steps)


def purchase_steps(line: BilledLine, steps: Steps) -> None:
    """What a commit costs: by its schedule, because a threshold released it, or because it was not used up."""
    row = line.row
    released = _own(line, "threshold_commits")
    if released and released[0]["invoice_id"] == row["invoice_id"]:
        (commit,) = released
        what = f"a threshold released {commit['balance_name'] or 'a commit'} at {when(row['starting_at'])}"
        steps.equal("threshold", what, "", commit["amount"], row["quantity"], source=row["commit_id"])
        amount_steps(row, [row], row["quantity"], steps)
        return
    owed = [each for each in _own(line, "segment_balances") if each["kind"] == "POSTPAID"]
    if owed:
        _trueup_steps(row, owed, steps)
    else:
        scheduled_steps(line, steps)


def _own(line: BilledLine, output: str) -> list[Row]:
    """The rows of the line's commit."""
    return [each for each in line.read(output).to_pylist() if each["balance_id"] == line.row["commit_id"]]


def _trueup_steps(row: Row, segments: list[Row], steps: Steps) -> None:
    """What is left of a postpaid commit that nothing can draw on any more."""
    names = {
        "opening": "",
        "granted": "+",
        "manual": "+",
        "drawn": "-",
        "rolled_over": "-",
        "expired": "-",
        "closing": "-",
    }
    for each in segments:
        by = " ".join(f"{sign} {shown(each[name])}".strip() for name, sign in names.items() if each[name])
        left = total_of(each[name] if sign != "-" else -each[name] for name, sign in names.items())
        what = "not used up: opening + granted + manual - drawn - rolled over - expired - closing"
        steps.equal("true-up", what, by, left, each["trued_up"], unit=row["currency"], source=row["commit_id"])
    owed = total_of(each["trued_up"] for each in segments)
    steps.equal("amount", "owed of the commit", "", owed, row["total"], unit=row["currency"])
    if row["quantity"] is not None:
        steps.check("the unit price", row["quantity"] * row["unit_price"], row["total"])


def conversion_steps(line: BilledLine, steps: Steps) -> None:
    """What balances leave of the spend in a custom pricing unit, at the rate card's price of the unit."""
    row = line.row
    card = line.catalog.rate_card(line.contract.rate_card_id)
    names = credit_type_names(line.catalog.pricing_units)
    conversion = next(
        (
            each
            for each in card.credit_type_conversions
            if f"{names[each.custom_credit_type_id]} to {names[card.fiat_credit_type_id]}" == row["name"]
        ),
        None,
    )
    steps.has("the conversion of the rate card", conversion)
    assert conversion is not None
    unit = names[conversion.custom_credit_type_id]
    spent = [
        each
        for each in line.lines
        if each["credit_type_id"] == conversion.custom_credit_type_id and each["commit_segment_id"] is None
    ]
    piece = [each for each in line.lines if each["type"] == row["type"] and each["name"] == row["name"]]
    charged = total_of(each["quantity"] for each in piece)
    noun = "line" if len(spent) == 1 else "lines"
    by = added(each["total"] for each in spent) if len(spent) <= 10 else ""
    what = f"spent in {unit} on {len(spent)} {noun} of this invoice that no balance covers"
    steps.equal("spend", what, by, total_of(each["total"] for each in spent), charged, unit=unit)
    what = f"what one of them costs by rate card {card.name!r}"
    steps.equal(
        "unit price",
        what,
        "",
        conversion.fiat_per_custom_credit,
        row["unit_price"],
        unit=row["currency"],
        source=card.id,
    )
    amount_steps(row, piece, charged, steps)


def correction_steps(line: BilledLine, steps: Steps) -> None:
    """What was billed too little or too much on an invoice that is final."""
    row = line.row
    until = "" if row["ending_before"] is None else f" to {when(row['ending_before'])}"
    what = f"what late usage changes about the final invoice of {when(row['starting_at'])}{until}"
    steps.say("correction", f"{what}, less what was corrected before", result=row["total"], unit=row["currency"])
    amount_steps(row, [row], Decimal(row["quantity"]), steps)
