"""Those who were parked are billed once what stood in their way is mended; nobody else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.workspace import Workspace
from tests.runs.conftest import NOW

OCTOBER = "2026-10"


@pytest.fixture
def vast(workspace: Workspace, tmp_path: Path) -> Workspace:
    """October billed, with a customer whose quantity has more digits than can be billed."""
    change(workspace, "customers:\n", "customers:\n  - {name: Vast, ingest_aliases: [vast]}\n")
    contract = "  - {customer: Vast, rate_card: Standard, starting_at: 2026-01-01T00:00:00Z}\n"
    change(workspace, "contracts:\n", f"contracts:\n{contract}")
    properties = {"model": "large", "input_tokens": "9" * 25, "user_id": "vera"}
    event = {"transaction_id": "vast-1", "customer_id": "vast", "event_type": "llm_request", "properties": properties}
    line = json.dumps(event | {"timestamp": "2026-10-02T00:00:00Z"})
    events = tmp_path / "vast.ndjson"
    events.write_text(line + "\n", encoding="utf-8")
    workspace.land(events, now=NOW)
    workspace.run(OCTOBER)
    return workspace


def change(workspace: Workspace, old: str, new: str) -> None:
    catalog = workspace.root / "catalog" / "catalog.yml"
    text = catalog.read_text(encoding="utf-8")
    assert text.count(old) == 1
    catalog.write_text(text.replace(old, new), encoding="utf-8")


def test_the_parked_are_billed_and_the_others_are_not(vast: Workspace) -> None:
    published = vast.outputs.published_run(OCTOBER)
    change(
        vast,
        "customers:\n  - {name: Vast, ingest_aliases: [vast]}",
        "customers:\n  - {name: Vast, ingest_aliases: [other]}",
    )
    run = vast.retry()
    assert run is not None and run.period.label == OCTOBER and len(run.parked) == 0
    found = {each["customer_name"]: each for each in run.invoices}
    assert (found["Vast"]["computed_by"], found["Acme"]["computed_by"]) == (None, published)
    assert run.summary["not_selected"] == 1


def test_who_is_still_in_the_way_stays_parked(vast: Workspace) -> None:
    run = vast.retry(OCTOBER)
    assert run is not None and [each["reason"] for each in run.parked] == ["beyond_exact_range"]
    again = vast.retry(OCTOBER)
    assert again is not None and again.unchanged


def test_nobody_parked_is_nothing_to_do(vast: Workspace) -> None:
    vast.run("2026-09")
    assert vast.retry("2026-09") is None
    latest = vast.retry()
    assert latest is not None and latest.period.label == OCTOBER


def test_a_period_that_was_not_published_cannot_be_tried_again(workspace: Workspace) -> None:
    for period, message in ((None, "nothing has been published yet"), (OCTOBER, "for 2026-10 yet; run it")):
        with pytest.raises(UserError, match=message):
            workspace.retry(period)
