"""What the engine makes of a scenario: landed, run and read back, with settings chosen by the test."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import engine
from engine.runs import Run
from engine.workspace import Workspace
from tests.generated.compare import INVALID, Expected, Rows, actual, compare, plain
from tests.generated.scenarios import Scenario

Settings = Mapping[str, Mapping[str, object]]

#: A total is DECIMAL(38, 26) and a quantity a whole number of at most 38 digits; a contract that needs more is parked.
_TOTAL_LIMIT = Fraction(10) ** 12
_QUANTITY_LIMIT = Fraction(10) ** 24


def opened(made: Scenario, settings: Settings | None = None) -> Workspace:
    """The scenario's workspace with further sections in its duckbill.toml."""
    path = made.workspace / "duckbill.toml"
    text = path.read_text(encoding="utf-8")
    for section, values in (settings or {}).items():
        text += f"\n[{section}]\n" + "".join(f"{key} = {str(value).lower()}\n" for key, value in values.items())
    path.write_text(text, encoding="utf-8")
    return engine.open(made.workspace)


def land(made: Scenario, wanted: Expected, workspace: Workspace) -> None:
    """Land every file; AssertionError when the verdicts are not the oracle's."""
    for (path, clock), judged in zip(made.landings, wanted.landings, strict=True):
        landed = workspace.land(path, now=clock)
        assert (landed.read, landed.accepted, landed.duplicate, landed.rejected) == (
            len(judged.verdicts),
            judged.count("accepted"),
            judged.count("duplicate"),
            judged.count("rejected"),
        ), f"seed {made.seed}, {path.name}"
        assert {reason: count for reason, count in landed.reasons.items() if count} == judged.reasons


def run(made: Scenario, workspace: Workspace) -> Run:
    """The run of the scenario's month, as of its cut-off when it has one."""
    if made.as_of is None:
        return workspace.run(made.period, now=made.now)
    return workspace.run(made.period, now=made.now, as_of=made.as_of)


def check(made: Scenario, wanted: Expected, finished: Run) -> None:
    """AssertionError with every difference between what a run published and what the oracle expects."""
    parked = {str(row["contract_id"]) for row in finished.parked.dicts()}
    for contract in parked:
        assert _too_large(wanted, contract), f"seed {made.seed}: {contract} is parked, and nothing in it is large"
    frames = {
        "line_items": finished.line_items.pl(),
        "invoices": finished.invoices.pl(),
        "unrated": finished.unrated.pl(),
        "not_entitled": finished.not_entitled.pl(),
    }
    difference = compare(actual(frames), without(wanted.rows, parked))
    unread = [plain(row, INVALID) for row in finished.invalid_values]
    difference += compare({"invalid_values": unread}, {"invalid_values": wanted.invalid}, {"invalid_values": INVALID})
    assert not difference, f"seed {made.seed}, period {made.period}, as of {made.as_of}\n{difference}"


def without(rows: Rows, parked: set[str]) -> Rows:
    """The rows of the contracts that are not parked."""
    return {table: [row for row in of if row["contract_id"] not in parked] for table, of in rows.items()}


def _too_large(wanted: Expected, contract: str) -> bool:
    """Also when only a running value was, which other usage has brought back before the line ended."""
    own = [row for of in wanted.rows.values() for row in of if row["contract_id"] == contract]
    return wanted.bill.largest[contract] >= _QUANTITY_LIMIT or any(
        abs(row.get("total") or 0) >= _TOTAL_LIMIT or abs(row.get("quantity") or 0) >= _QUANTITY_LIMIT for row in own
    )
