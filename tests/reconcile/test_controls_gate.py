"""The controls that stand before finalization."""

from __future__ import annotations

from engine.invoices.content_hash import content_hash_query
from engine.reports.reconcile.gate import failed_gate
from engine.workspace import Workspace
from tests.reconcile.reconciled import Billed, published, rewrite


def failed(workspace: Workspace, month: str) -> tuple[str, ...]:
    with workspace.connect() as connection:
        return failed_gate(workspace.lake, month, content_hash_query, connection)


def test_nothing_stands_in_the_way_of_what_reconciles(billed: Billed) -> None:
    workspace, month = billed("widgets-express")
    assert failed(workspace, month) == ()
    assert failed(workspace, "2024-10") == ()


def test_a_line_that_is_gone_stands_in_the_way(billed: Billed) -> None:
    workspace, month = billed("starter")
    rewrite(published(workspace, month, "line_items"), "SELECT * FROM rows WHERE rowid > 0")
    sums, counts = failed(workspace, month)
    assert sums.startswith("C07 USD (cents): ") and sums.endswith(" is not 447.6")
    assert counts == "C07 invoices: 1 is not 0"


def test_a_file_that_is_gone_stands_in_the_way_and_is_named_without_its_folder(billed: Billed) -> None:
    workspace, month = billed("starter")
    published(workspace, month, "ledger").unlink()
    (only,) = failed(workspace, month)
    assert only.startswith("C08 segments: Cannot be shown: IO Error")
    assert str(workspace.root) not in only


def test_it_leaves_the_connection_as_it_was(billed: Billed) -> None:
    workspace, month = billed("starter")
    with workspace.connect() as connection:
        connection.execute("CREATE TEMP TABLE invoices AS SELECT 1 AS mine")
        before = connection.execute("SELECT current_setting('file_search_path')").fetchall()
        assert failed_gate(workspace.lake, month, content_hash_query, connection) == ()
        assert connection.execute("SELECT current_setting('file_search_path')").fetchall() == before
        assert connection.execute("FROM invoices").fetchall() == [(1,)]
