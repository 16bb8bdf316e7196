"""Nights of the ai-saas scenario with a moving clock: what becomes final is what one computation over all data gives.

Late events, price changes, a customer entered late, catalog errors, a lock, a crash, invoices voided and billed anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.nights.ai_saas_year import SEASON, YEAR, Action, Do, Failure, Plan, Year
from tests.nights.expected_year import expected_year
from tests.nights.simulate import closed_invoices, expected_invoices, pass_nights

#: The days of a month on which invoices fall due, and a night after.
DUE_ON = (2, 3, 11)

#: The nights of a short plan on which billing is tried; in all others the workspace is locked, and only events land.
TRIED = (
    date(2026, 2, 26),
    date(2026, 2, 27),
    date(2026, 3, 2),
    date(2026, 3, 3),
    date(2026, 4, 2),
)


def short_plan() -> Plan:
    """From the end of February to the start of April, with a broken catalog and a crash when invoices fall due."""
    first, last = date(2026, 2, 24), TRIED[-1]
    nights = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    failures = {night: Failure.LOCKED for night in nights if night not in TRIED}
    failures |= {date(2026, 2, 27): Failure.CATALOG, date(2026, 3, 2): Failure.CRASH}
    anew = tuple(Action(Do.REGENERATE, customer, datetime(2026, 2, 1)) for customer in (1, 3))
    entered = (date(2026, 3, 3), date(2026, 3, 1))
    return replace(
        SEASON, first=first, last=last, newcomer=entered, failures=failures, actions={date(2026, 3, 3): anew}
    )


def eventful(plan: Plan) -> Plan:
    """The plan with billing tried only when invoices fall due, on nights that fail or have actions, and after those.

    In all other nights the workspace is locked: events land, and the next night that is tried catches up.
    """
    nights = [plan.first + timedelta(days=number) for number in range((plan.last - plan.first).days + 1)]
    told = {*plan.failures, *plan.actions}
    tried = told | {night + timedelta(days=1) for night in told} | {night for night in nights if night.day in DUE_ON}
    return replace(
        plan, failures={**{night: Failure.LOCKED for night in nights if night not in tried}, **plan.failures}
    )


def check(plan: Plan, folder: Path, events: int) -> None:
    """Passes the nights, and compares every invoice that is, or was, final.

    Then every month must reconcile, and what stands for the last two come out the same when it is computed again.
    """
    year = Year(plan, events=events)
    passed = pass_nights(year, folder / "workspace")
    expected = expected_year(year, folder / "oracle")
    workspace = passed.workspace
    assert passed.landed == dict(expected.landed)
    assert all(each.failure is None for each in passed.finished)
    assert {step.parked for each in passed.finished for step in each.done} == {0}
    found, wanted = closed_invoices(workspace), expected_invoices(expected)
    assert [(each["issued_at"], each["contract"], each["generation"]) for each in found] == [
        (each["issued_at"], each["contract"], each["generation"]) for each in wanted
    ]
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == theirs
    assert {each["status"] for each in found} == {"FINALIZED", "VOID"}
    for period in workspace.outputs.billing_periods():
        assert workspace.reconcile(period).failed == ()
    for run_id in list(workspace.outputs.published_runs().values())[-2:]:
        assert workspace.reproduce(run_id).differing == ()


def test_two_months(tmp_path: Path) -> None:
    check(short_plan(), tmp_path, events=20)


@pytest.mark.year
def test_a_year(tmp_path: Path) -> None:
    """With DUCKBILL_NIGHTS=every billing is tried on each of its nights, which takes several times as long."""
    plan = YEAR if os.environ.get("DUCKBILL_NIGHTS") == "every" else eventful(YEAR)
    check(plan, tmp_path, events=40)
