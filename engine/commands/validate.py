"""`duckbill validate`: what is wrong in a catalog and its SQL metrics, and what may not be meant so."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from engine.commands.options import HERE, SummaryOption, WorkspaceOption, opened_workspace
from engine.errors import CatalogError, Problem
from engine.formats import SummaryFormat
from engine.version import SCHEMA_VERSION


def validate(
    workspace: WorkspaceOption = HERE,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse SQL metrics that go beyond what Metronome documents.")
    ] = False,
    repeatable: Annotated[
        bool, typer.Option("--repeatable", help="Also run each SQL metric on made-up events, in several orders.")
    ] = False,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Check the catalog and every SQL metric, offline, and report all problems at once."""
    from engine.describe import sql_in, with_source
    from engine.output import counted, note, write_summary

    with opened_workspace(workspace) as opened:
        found = opened.validation(strict=strict)
        judged = opened.check_all_repeatable() if repeatable and not found.problems else {}
    unjudged = [metric for metric, is_judged in judged.items() if not is_judged]
    if output is SummaryFormat.json:
        summary: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            "command": "validate",
            "problems": [_placed(each) for each in found.problems],
            "notes": [_placed(each) for each in found.notes],
        }
        if repeatable:
            summary |= {"repeatable": [each for each in judged if judged[each]], "not_judged": unjudged}
        write_summary(summary)
    else:
        for problem in found.problems:
            print(with_source(problem, sql_in(workspace)))
        for each in found.notes:
            print(replace(each, what=f"note: {each.what}"))
    counts = [counted(len(found.problems), "problem") if found.problems else "no problems"]
    note(", ".join([*counts, *([counted(len(found.notes), "note")] if found.notes else [])]))
    if repeatable and not found.problems:
        note(f"{counted(len(judged) - len(unjudged), 'SQL metric')} found repeatable")
    for metric in unjudged:
        note(f"metric {metric!r} fails on made-up events, or takes too long, and could not be judged")
    if found.problems:
        raise typer.Exit(CatalogError.exit_code)


def _placed(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "what": problem.what,
        "remedy": problem.remedy,
    }
