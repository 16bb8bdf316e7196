"""`duckbill finalize`, `void` and `regenerate` as people and schedulers call them."""

from __future__ import annotations

from tests.cli.command import duckbill
from tests.invoice_life.conftest import Billed
from tests.invoice_life.shop import invoice, published

OCTOBER = """
| time       | customer | units |
| 2026-10-05 | ann      | 7     |
| 2026-10-06 | bob      | 3     |
"""
#: September had little, so that October is a jump for Ann.
REVIEWED = OCTOBER + "| 2026-09-06 | ann | 1 |\n"


def test_finalizing_says_what_became_final_and_what_is_held_back(billed: Billed) -> None:
    workspace = billed(REVIEWED, settings="[review]\njump_factor = 5\n", first="2026-09")
    at = ("-w", workspace.root, "--now", "2026-11-02")
    assert duckbill("finalize", "-p", "2026-09", *at).code == 0
    held = duckbill("finalize", "-p", "2026-10", *at)
    assert held.code == 1
    assert "Bob" in held.text and "70 is more than 5 times the 10 of 2026-09" in held.text
    assert held.stderr == "1 invoice held back; --approve takes those that wait for a review\n"
    again = duckbill("finalize", "-p", "2026-10", "-o", "json", *at)
    assert again.code == 1
    assert again.json() | {"run_id": ""} == {
        "schema_version": 1,
        "command": "finalize",
        "run_id": "",
        "period": "2026-10",
        "status": "held",
        "finalized": 0,
        "held": 1,
        "reasons": {"jump": 1},
        "failed_controls": [],
    }
    approved = duckbill("finalize", "-p", "2026-10", "--approve", "-s", "customer:Ann", "-o", "json", *at)
    assert (approved.code, approved.json()["status"], approved.json()["finalized"]) == (0, "finalized", 1)
    nothing = duckbill("finalize", "-p", "2026-10", *at)
    assert (nothing.code, nothing.text, nothing.stderr) == (0, "", "no draft of 2026-10 became final\n")


def test_voiding_and_billing_anew(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    at = ("-w", workspace.root, "--now", "2026-11-02")
    duckbill("finalize", "-p", "2026-10", *at)
    ann = invoice(workspace, "ann")
    void = duckbill("void", ann, "--reason", "wrong", "-o", "json", *at)
    assert (void.code, void.json()["command"], void.json()["totals"]) == (0, "void", {"USD (cents)": "30"})
    assert "VOID" in duckbill("void", "-p", "2026-10", "-s", "tag:gold", "--reason", "wrong", *at).text
    anew = duckbill("regenerate", "-p", "2026-10", "-o", "json", *at)
    assert (anew.code, anew.json()["command"], anew.json()["totals"]) == (0, "regenerate", {"USD (cents)": "100"})


def test_mistakes_are_told_and_change_nothing(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    at = ("-w", workspace.root)
    ann, before = invoice(workspace, "ann"), published(workspace)
    for arguments, message in (
        (("void", ann, "--reason", "x"), "is a draft"),
        (("void", "nothing", "--reason", "x"), "no published invoice has the id 'nothing'"),
        (("void", "--reason", "x"), "name invoices, or the --period"),
        (("void", ann), "Missing option '--reason'"),
        (("regenerate", ann, "-s", "customer:Ann"), "not both"),
        (("regenerate", "-p", "2026-10"), "no invoice of 2026-10 is finalized or void"),
        (("finalize", "-p", "2026-12"), "2026-12 has not been published"),
    ):
        outcome = duckbill(*arguments, *at)
        assert outcome.code == 2, arguments
        # Boxes around a usage error break lines where they like.
        assert message in " ".join(outcome.stderr.replace("│", " ").split()), arguments
    assert published(workspace) == before
