"""Every difference that is planted in an export is found, with its cause and its exact size, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.result import shown
from tests.shadow.edits import EditedExport, as_from_elsewhere
from tests.shadow.exported import Exported
from tests.shadow.planted import PLANTED, Planted

SCENARIOS = sorted({each.scenario for each in PLANTED})

Found = list[dict[str, Any]]


@pytest.fixture(scope="module", params=["from here", "from elsewhere"])
def found(request: pytest.FixtureRequest, exported: Callable[[str], Exported]) -> Mapping[str, Found]:
    """The differences by scenario, once with the ids and columns of an export from here, once without."""
    rows = {}
    for scenario in SCENARIOS:
        given = exported(scenario)
        edited = EditedExport(given.tables)
        for planted in PLANTED:
            if planted.scenario == scenario:
                for edit in planted.edits:
                    edit(edited)
        theirs = edited.tables if request.param == "from here" else as_from_elsewhere(edited.tables)
        rows[scenario] = given.compared(theirs).differences.to_pylist()
    return rows


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.what)
def test_found_and_attributed(planted: Planted, found: Mapping[str, Found]) -> None:
    rows = [row for row in found[planted.scenario] if _is_of(row, planted)]
    told = sorted((shown(row["difference"]), row["cause"], row["hint"]) for row in rows)
    assert told == sorted((difference, planted.cause, planted.hint) for difference in planted.differences)
    assert all(row["explanation"] for row in rows)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_else_is_found(scenario: str, found: Mapping[str, Found]) -> None:
    expected = sum(len(each.differences) for each in PLANTED if each.scenario == scenario)
    assert len(found[scenario]) == expected


def _is_of(row: Mapping[str, Any], planted: Planted) -> bool:
    values = f"{row['pricing_group_values']} {row['presentation_group_values']} {row['starting_at']}"
    return (
        row["customer_name"] == planted.customer
        and row["invoice_type"] in (planted.invoice_type, None)
        and (row["name"] == planted.name or (planted.name is None and row["cause"] == planted.cause))
        and all(text in values for text in planted.holding.split(" & "))
    )
