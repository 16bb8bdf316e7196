"""Which rate and which override price a line: chosen again from the catalog, and told with the reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from engine.catalog.contract import Contract
from engine.catalog.override import Override, OverrideType
from engine.catalog.rate_card import Price, Rate
from engine.rating.recurring_grants import grants
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.overrides import (
    OverrideChoice,
    covered_override_choice,
    override_choice,
    override_words,
)
from engine.reports.explain.rates import PricedAs, RateChoice, rate_choice
from engine.reports.explain.steps import Row, Steps
from engine.reports.explain.words import when

_REASONS = {
    "only override": "no other override applies",
    "last added overwrite": "of several overwrites the last added wins, and overwrites come before multipliers",
    "overwrite before multiplier": "an overwrite comes before multipliers",
    "smallest priority": "the smallest priority wins",
    "lowest multiplier": "the lowest multiplier wins",
    "commit rate": "it is for the commit rate while this balance covers the usage",
    "commit-specific override": "it is for usage while this balance covers it",
}


@dataclass(frozen=True, slots=True)
class ChosenPrice:
    """A rate, which may be missing where an override overwrites it, and the override in force."""

    rate: Rate | None
    override: Override | None
    of_commit_rate: bool = False

    @property
    def overwrites(self) -> bool:
        return self.override is not None and self.override.type is OverrideType.OVERWRITE

    @property
    def price(self) -> Price:
        """What the multiplier, if there is one, multiplies."""
        if self.override is not None and self.override.overwrite_rate is not None:
            return self.override.overwrite_rate
        assert self.rate is not None, "what has no rate and no overwrite is unrated"
        if self.of_commit_rate:
            assert self.rate.commit_rate is not None
            return self.rate.commit_rate
        return self.rate


def own_price(line: BilledLine, row: Row, asked: PricedAs) -> ChosenPrice:
    """The price of a line of the invoice when no balance covers it; the published rate tells equal starts apart."""
    contract, product = line.catalog.contract(row["contract_id"]), line.catalog.product(row["product_id"])
    rates = rate_choice(line.catalog, asked).latest
    rate = next((each for each in rates if each.id == row["rate_id"]), rates[-1] if rates else None)
    return ChosenPrice(rate, override_choice(contract, product, asked).winner)


def price_steps(line: BilledLine, row: Row, asked: PricedAs, steps: Steps, *, special: bool = False) -> ChosenPrice:
    """Tells which rate and override price a line, and why. Raises Disagreement when it is not the published one."""
    rate = _rate_step(line, row, asked, steps)
    contract, product = line.contract, line.catalog.product(row["product_id"])
    if not special:
        choice = override_choice(contract, product, asked)
        _override_steps(row, choice, contract, asked.at, steps)
        return ChosenPrice(rate, choice.winner)
    of_commit_rate = row["override_reason"] == "commit rate"
    ids = _balance_ids(line, row["commit_id"], row["starting_at"])
    choice = covered_override_choice(contract, product, asked, ids, of_commit_rate=of_commit_rate)
    if of_commit_rate:
        steps.has("the commit rate", rate and rate.commit_rate)
        assert rate is not None
        steps.say("commit rate", "the balance asks for the rate's commit rate", source=rate.id)
    _override_steps(row, choice, contract, asked.at, steps)
    return ChosenPrice(rate, choice.winner, of_commit_rate)


def _rate_step(line: BilledLine, row: Row, asked: PricedAs, steps: Steps) -> Rate | None:
    choice = rate_choice(line.catalog, asked)
    card = f"rate card {line.catalog.rate_card(asked.rate_card_id).name!r}"
    if not choice.latest:
        steps.check("the rate", None, row["rate_id"])
        steps.say("rate", f"{card} has none at {when(asked.at)}", source=asked.rate_card_id)
        return None
    rate = next((each for each in choice.latest if each.id == row["rate_id"]), None)
    steps.check("the rate", None if rate is None else rate.id, row["rate_id"])
    assert rate is not None
    values = ", ".join(f"{name}={value}" for name, value in asked.pricing.items())
    which = f"for {values}" if values and not choice.is_default else ""
    if values and choice.is_default:
        which = f"the default rate, because none is for {values}"
    frequency = f"billed {asked.billing_frequency.lower()}" if asked.billing_frequency else ""
    told = [card, which, frequency, f"in force at {when(asked.at)}", _since(rate), _among(choice)]
    steps.say(
        "rate",
        ", ".join(filter(None, told)),
        result=f"{len(rate.tiers)} tiers" if rate.price is None else rate.price,
        unit=row["currency"] if rate.price is not None and not rate.rate_type.is_percentage else "",
        source=rate.id,
    )
    return rate


def _since(rate: Rate | Override) -> str:
    until = "" if rate.ending_before is None else f" until {when(rate.ending_before)}"
    return f"since {when(rate.starting_at)}{until}"


def _among(choice: RateChoice) -> str:
    if choice.competing == 1:
        return ""
    last = "" if len(choice.latest) == 1 else f" and was added last of the {len(choice.latest)} that start then"
    return f"it starts last of {choice.competing} in force{last}"


def _override_steps(row: Row, choice: OverrideChoice, contract: Contract, at: datetime, steps: Steps) -> None:
    winner = choice.winner
    steps.check("the override", None if winner is None else winner.id, row["override_id"])
    if winner is None:
        if contract.overrides and row["override_reason"] is None:
            count = len(contract.overrides)
            known = (
                "the contract's override does not apply" if count == 1 else f"none of the contract's {count} applies"
            )
            steps.say("override", f"{known} at {when(at)}")
        return
    steps.check("the reason for the override", choice.reason, row["override_reason"])
    for other in reversed(choice.candidates[1:]):
        steps.say("override", f"{override_words(other)}, {_since(other)}: loses", source=other.id)
    reason = _REASONS[str(choice.reason)]
    steps.say("override", f"{override_words(winner)}, {_since(winner)}: {reason}", result="wins", source=winner.id)


def _balance_ids(line: BilledLine, balance_id: str, at: datetime) -> Collection[str]:
    """A balance and, when it is a grant of one, the recurring balance that it belongs to."""
    found = {balance_id}
    for contract in line.catalog.contracts:
        for recurring in (*contract.recurring_commits, *contract.recurring_credits):
            if any(grant.balance_id == balance_id for grant in grants(contract, recurring, at, at)):
                found.add(recurring.id)
    return found
