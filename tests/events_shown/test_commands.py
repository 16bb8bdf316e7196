"""`duckbill events show` and `duckbill events example` as typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.events_shown.shop import NOW, event, make_shop


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with one event; not to be written to."""
    root = tmp_path_factory.mktemp("typed") / "shop"
    make_shop(root).land([event("t", customer_id="team@acme.example")], now=NOW)
    return root


def test_show_as_text(folder: Path) -> None:
    outcome = duckbill("events", "show", "t", "-w", folder)
    (file,) = (folder / "lake" / "events").glob("date=*/*.parquet")
    (accepted,) = Workspace(folder).event("t").accepted
    europe, old = (each.contract.id for each in accepted.contracts)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.text.splitlines() == [
        f"t: accepted at {NOW}",
        "  llm_request at 2026-10-10T10:00:00Z",
        "    model = large",
        "    region = eu",
        "    tokens = 12",
        f"  stored in date=2026-10-10/{file.name}, batch {accepted.event.batch_id}, table version 0",
        "  customer 'Acme' (acme), by its ingest alias 'team@acme.example'",
        f"  contract 'Europe' ({europe}): statement period 2026-10-01T00:00:00Z to 2026-11-01T00:00:00Z, "
        "billed in 2026-10",
        f"  contract 'Old' ({old}): does not hold it; the contract ended at 2026-09-01T00:00:00Z",
        "  metrics:",
        "    Tokens: matched",
        "    Requests: matched",
        "    Recent requests: matched",
        "    Highest: not matched: property 'level', which MAX aggregates, is absent",
        "    Known users: properties.user IN (SELECT properties.user FROM events WHERE event_type = 'signup') "
        "depends on other events (metrics_sql/known_users.sql:6)",
        "    Long answers: not matched: event_type = 'answer' is not true: event_type is 'llm_request' "
        "(metrics_sql/long_answers.sql:8)",
        "    Pairs: not matched: a.event_type = 'call_start' is not true: event_type is 'llm_request'; and "
        "b.event_type = 'call_end' is not true: event_type is 'llm_request' (metrics_sql/pairs.sql:7)",
        "  invoices:",
        "    Tokens, 2026-10: not billed yet: this billing period has not been published",
        "    Requests, 2026-10: not billed yet: this billing period has not been published",
    ]


def test_show_as_json(folder: Path) -> None:
    shown = duckbill("events", "show", "t", "-w", folder, "-o", "json").json()
    assert {key: shown[key] for key in ("schema_version", "command", "transaction_id", "refused")} == {
        "schema_version": 1,
        "command": "events show",
        "transaction_id": "t",
        "refused": [],
    }
    events = shown["accepted"]
    assert isinstance(events, list)
    (accepted,) = events
    assert accepted["accepted_at"] == NOW and accepted["customer"] == {"id": "acme", "name": "Acme"}
    assert accepted["metrics"][0] == {
        "name": "Tokens",
        "outcome": "matched",
        "reason": "",
        "file": None,
        "line": None,
        "billable_metric_id": Workspace(folder).catalog.billable_metrics[0].id,
    }
    assert [line["outcome"] for line in accepted["billing"]] == ["not_published", "not_published"]


def test_an_unknown_id_ends_with_2(folder: Path) -> None:
    outcome = duckbill("events", "show", "T", "-w", folder)
    assert (outcome.code, outcome.stdout) == (2, b"")
    assert outcome.stderr == "duckbill: no event or rejected line has the transaction id 'T'; did you mean 't'?\n"


def test_an_example_can_be_landed_and_matches(folder: Path, tmp_path: Path) -> None:
    outcome = duckbill("events", "example", "Tokens", "-w", folder, "--now", NOW)
    assert (outcome.code, outcome.stderr) == (0, "")
    shop = make_shop(tmp_path / "shop")
    assert duckbill("land", "-", "-w", shop.root, "--now", NOW, stdin=outcome.stdout).code == 0
    rows = {row["name"]: row["outcome"] for row in shop.event("example-1").metrics}
    assert rows["Tokens"] == "matched"
    (accepted,) = shop.event("example-1").accepted
    assert accepted.attribution.customer is not None and not accepted.contracts[0].outside


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("Tokns", "unknown billable metric 'Tokns'; did you mean 'Tokens'?"),
        (
            "Pairs",
            "no example event can be built for metric 'Pairs': metrics_sql/pairs.sql:8:7: "
            "b.event_type = 'call_end' depends on other events",
        ),
    ],
)
def test_no_example_ends_with_2(metric: str, says: str, folder: Path) -> None:
    outcome = duckbill("events", "example", metric, "-w", folder, "--now", NOW)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (2, b"", f"duckbill: {says}\n")
