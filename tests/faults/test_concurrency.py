"""Everything at once in one workspace, and who comes second."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from engine.invoices.publish import OutputFile, Outputs
from engine.workspace import Workspace
from tests.faults.batches import TOKENS, batch, whole_batches, whole_ids
from tests.faults.concurrency import concurrently
from tests.faults.processes import run_command
from tests.faults.second_run import second_run
from tests.faults.shop import NOW, PERIOD, make_workspace

#: A batch costs a fifth of a CPU second, a run two: 500 batches are for `python -m tests.faults concurrency`.
BATCHES = 40


@pytest.mark.long
def test_readers_see_whole_commits_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    seen = concurrently(1, BATCHES, tmp_path / "all")
    print(seen)
    assert seen.batches == BATCHES == seen.billed[-1]
    assert min(seen.compactions, seen.notebook_looks, seen.plain_looks, len(seen.billed)) >= 2
    assert list(seen.billed) == sorted(seen.billed)


def test_a_part_of_a_batch_is_noticed() -> None:
    ids = [event["transaction_id"] for event in batch("a")]
    assert whole_ids(ids) == {"a"}
    for wrong in (ids[1:], [*ids, ids[0]]):
        with pytest.raises(AssertionError, match=r"read (in part|twice)"):
            whole_ids(wrong)
    twice = {part: Decimal(2 * tokens) for part, tokens in TOKENS.items()}
    part = next(iter(TOKENS))
    assert whole_batches(twice) == 2
    for quantity in (Decimal(0), twice[part] / 2, twice[part] + 1):
        with pytest.raises(AssertionError, match="not a number of whole batches"):
            whole_batches({**twice, part: quantity})


def test_a_second_run_refuses_or_waits_and_notebooks_read_meanwhile(tmp_path: Path) -> None:
    second = second_run(tmp_path / "second")
    print(second)
    assert second.code == 75
    assert second.refusal.count("\n") == 1
    assert f"process {second.holder} (run {PERIOD})" in second.refusal and "--wait" in second.refusal
    assert second.same_run and second.unchanged
    assert second.cpu < 0.1 * second.watched


def test_a_process_that_knew_the_log_does_not_publish_beside_a_run_whose_process_was_killed(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "workspace").root
    Workspace(root).land(batch("a"), now=NOW)
    first = Workspace(root).run(PERIOD, now=NOW).run_id
    head = root / "lake" / "invoices" / "_delta_log" / "_head.json"
    known = head.rename(tmp_path / "head")
    shutil.copy2(known, head)
    assert Workspace(root).outputs.published_run(PERIOD) == first
    Workspace(root).land(batch("b"), now=NOW)
    printed = tmp_path / "printed"
    assert run_command(["run", "-p", PERIOD, "-w", str(root), "--now", NOW], printed) == 0, printed.read_text()
    # What is left when the process ends between its commit and the head.
    os.replace(known, head)
    assert Workspace(root).outputs.published_run(PERIOD) != first
    Workspace(root).land(batch("c"), now=NOW)
    last = Workspace(root).run(PERIOD, now=NOW).run_id
    invoices = pa.table(DeltaTable(root / "lake" / "invoices").to_pyarrow_table())
    assert set(invoices["run_id"].to_pylist()) == {last}


def test_an_output_is_read_of_the_next_run_when_that_is_published_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    workspace.land(batch("a"), now=NOW)
    workspace.run(PERIOD, now=NOW)
    workspace.land(batch("b"), now=NOW)
    found, pending = Outputs._files, ["another run"]

    def publishing_first(self: Outputs, name: str, billing_period: str | None = None) -> list[OutputFile]:
        if name == "line_items" and pending:
            pending.clear()
            workspace.run(PERIOD, now=NOW)
        return found(self, name, billing_period)

    monkeypatch.setattr(Outputs, "_files", publishing_first)
    lines = workspace.line_items(PERIOD).dicts()
    assert not pending
    assert {line["quantity"] for line in lines if line["metric_name"] == "Tokens"} == {
        2 * each for each in TOKENS.values()
    }
