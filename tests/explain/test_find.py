"""Which line is meant: by its id or its beginning; and what is said of what is no line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import engine
import engine.explaining
from engine.commands.explain import explain
from engine.errors import UserError
from engine.workspace import Workspace
from tests.explain.lines import all_lines, line


def test_the_beginning_of_an_id(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    assert agreements.explain(found["id"][:8]).line_item_id == found["id"]


@contextmanager
def refusal(said: str) -> Iterator[None]:
    with pytest.raises(UserError) as caught:
        yield
    assert said in str(caught.value), caught.value


def test_too_short(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    with refusal("give at least 8 characters"):
        agreements.explain(found["id"][:7])


def test_a_misspelt_id(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    with refusal(f"did you mean {found['id']!r}?"):
        agreements.explain(found["id"][:-1] + "z")


def test_several_that_begin_alike(agreements: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.explaining, "SHORTEST_PREFIX", 1)
    firsts = Counter(row["id"][0] for row in all_lines(agreements))
    ((first, count),) = firsts.most_common(1)
    assert count > 1
    with refusal(f"{count} line items begin with {first!r}"):
        agreements.explain(first)


def test_an_invoice(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    with refusal(f"duckbill invoices show {found['invoice_id']} -p 2026-10"):
        agreements.explain(found["invoice_id"])


def test_nothing_published(tmp_path: Path) -> None:
    (tmp_path / "duckbill.toml").write_text("[workspace]\nname = 'empty'\n", encoding="utf-8")
    with refusal("nothing has been published yet"):
        engine.open(tmp_path).explain("12345678")


@pytest.mark.parametrize("wanted", [{"type": "cpu_conversion"}, {"total": Decimal(2420)}, {"total": Decimal(-50)}])
def test_lines_without_events(wanted: dict[str, object], agreements: Workspace) -> None:
    with refusal("is not metered"):
        agreements.explain_events(line(agreements, **wanted)["id"])


def test_what_takes_a_balance_off_has_the_events_of_what_it_covers(widgets: Workspace) -> None:
    applied = line(widgets, total=Decimal(-51186))
    covered = line(widgets, total=Decimal(51186))
    assert widgets.explain_events(applied["id"]).dicts() == widgets.explain_events(covered["id"]).dicts()


def test_a_copy_has_the_events_of_what_it_repeats(agreements: Workspace) -> None:
    copy = next(row for row in all_lines(agreements) if row["origin_line_item_id"] and row["billable_metric_id"])
    of_origin = agreements.explain_events(copy["origin_line_item_id"]).dicts()
    assert agreements.explain_events(copy["id"]).dicts() == of_origin
    assert of_origin


def command(*arguments: object) -> str:
    app = typer.Typer()
    app.command()(explain)
    result = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def test_the_command(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    explained = agreements.explain(found["id"])
    assert command(found["id"], "-w", agreements.root) == explained.text() + "\n"
    rows = [json.loads(each) for each in command(found["id"], "-w", agreements.root, "-o", "json").splitlines()]
    assert rows == explained.steps.dicts()
    (event,) = [
        json.loads(each) for each in command(found["id"], "-w", agreements.root, "-o", "json", "--events").splitlines()
    ]
    assert (event["value"], event["counted"]) == ("400000", True)


def test_in_a_notebook(agreements: Workspace) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    assert "40 x 0.8 = 32" in agreements.explain(found["id"])._repr_html_()
