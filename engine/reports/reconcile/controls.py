"""Asking the controls: each runs over the published files and the evidence, and becomes rows that anyone can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.reports.reconcile.control import Control, Status
from engine.reports.reconcile.file_relations import read_parquet
from engine.reports.reconcile.query_text import Relation, fixed_relation, relation, statement, statement_of_scope
from engine.reports.reconcile.relations import Relations

#: More digits than any sum of amounts has.
_DIGITS = 100


@dataclass(frozen=True)
class Evidence:
    """What had to be computed for the controls: tables by name, and why others are not there.

    `folder` is where their Parquet files will be, relative to the workspace folder.
    """

    folder: str
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One row of `controls`; see `ReconciliationModel`."""

    check_id: str
    name: str
    scope: str
    left_label: str
    left: str | None
    right_label: str
    right: str | None
    diff: str | None
    tolerance: str | None
    status: str
    detail: str | None
    explanation: str
    query: str | None


def run_controls(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    found: Relations,
    evidence: Evidence,
    controls: Iterable[Control],
) -> list[ControlRow]:
    """A row for each scope of each control, by check_id and scope.

    A control that cannot read what it asks for fails, because then nobody can show that it holds; one whose evidence
    was not asked for, or does not exist, is skipped.
    """
    with bound(connection, root, evidence) as in_memory:
        rows = [row for control in controls for row in _rows(connection, root, found, evidence, in_memory, control)]
    return sorted(rows, key=lambda row: (row.check_id, row.scope))


def run_details(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    found: Relations,
    evidence: Evidence,
    controls: Sequence[Control],
    rows: Sequence[ControlRow],
) -> dict[str, pa.Table]:
    """The table behind each control that was asked; without rows where it passes."""
    asked = {row.detail for row in rows if row.status != Status.SKIPPED and row.detail is not None}
    wanted = {row.detail for row in rows if row.status in (Status.WARN, Status.FAIL)}
    details: dict[str, pa.Table] = {}
    with bound(connection, root, evidence) as in_memory:
        for name in sorted({each.detail for each in controls if each.detail in asked and each.detail is not None}):
            query = statement(fixed_relation(f"details/{name}"), {**found.texts, **in_memory})
            try:
                details[name] = connection.sql(query if name in wanted else query + " LIMIT 0").to_arrow_table()
            except duckdb.Error as error:
                details[name] = pa.table({"problem": [first_line(error, root)]})
    return details


def controls_table(rows: Sequence[ControlRow]) -> pa.Table:
    """The rows as the table of `ReconciliationModel.controls`."""
    names = list(ControlRow.__dataclass_fields__)
    return pa.Table.from_pylist(
        [asdict(row) for row in rows], schema=pa.schema([(name, pa.string()) for name in names])
    )


def _rows(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    found: Relations,
    evidence: Evidence,
    in_memory: Mapping[str, Relation],
    control: Control,
) -> list[ControlRow]:
    query = fixed_relation(f"controls/{control.sql}")
    reason = _unavailable(query, found, evidence)
    blank = ControlRow(
        control.check_id,
        control.name,
        "",
        control.left_label,
        None,
        control.right_label,
        None,
        None,
        None,
        Status.SKIPPED,
        None,
        control.explanation,
        None,
    )
    if reason is not None:
        return [replace(blank, scope=_asked_about(control), explanation=f"Not asked: {reason}.")]
    handed_out = {**found.texts, **_in_files(evidence)}
    try:
        asked = connection.sql(statement(query, {**found.texts, **in_memory})).fetchall()
    except duckdb.Error as error:
        return [
            replace(
                blank,
                scope=_asked_about(control),
                status=Status.FAIL,
                detail=control.detail,
                explanation=f"Cannot be shown: {first_line(error, root)}",
            )
        ]
    rows = []
    for values in asked:
        sides = dict(zip(("scope", "left", "right", "tolerance"), values, strict=False))
        scope = str(sides["scope"])
        text = statement_of_scope(query, scope, handed_out)
        rows.append(_judged(control, replace(blank, scope=scope, query=text), sides))
    return rows


def _judged(control: Control, blank: ControlRow, sides: Mapping[str, object]) -> ControlRow:
    with localcontext(prec=_DIGITS):
        left, right = (Decimal(str(sides[name])) for name in ("left", "right"))
        tolerance = max(Decimal(str(sides.get("tolerance") or 0)), control.tolerated_share * abs(right))
        diff = left - right
        status = Status.PASS if abs(diff) <= tolerance else control.on_difference
        return replace(
            blank,
            left=plain(left),
            right=plain(right),
            diff=plain(diff),
            tolerance=plain(tolerance),
            status=status,
            detail=control.detail,
        )


def _asked_about(control: Control) -> str:
    """What a control without rows is about, in the words of its file."""
    return control.sql.partition("_")[2].replace("_", " ")


def plain(number: Decimal) -> str:
    """A number without exponent and without needless zeros."""
    text = format(number if number else Decimal(0), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unavailable(query: Relation, found: Relations, evidence: Evidence) -> str | None:
    """Why a control cannot be asked, when something that it reads is known not to be there."""
    todo, seen = list(query.reads), set[str]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in found.texts:
            todo += found.texts[name].reads
        elif name not in evidence.tables:
            return evidence.missing.get(name) or found.missing.get(name) or f"{name} is not there"
    return None


def _in_files(evidence: Evidence) -> dict[str, Relation]:
    return {name: relation(read_parquet([f"{evidence.folder}/{name}.parquet"])) for name in evidence.tables}


@contextmanager
def bound(connection: duckdb.DuckDBPyConnection, root: Path, evidence: Evidence) -> Iterator[dict[str, Relation]]:
    """While open, relative paths are those of the workspace folder, and evidence is read from memory."""
    ((before,),) = connection.execute("SELECT current_setting('file_search_path')").fetchall()
    connection.execute("SET file_search_path = ?", [str(root.resolve())])
    for name, table in evidence.tables.items():
        connection.register(f"evidence_{name}", table)
    try:
        yield {name: relation(exp.select("*").from_(f"evidence_{name}")) for name in evidence.tables}
    finally:
        for name in evidence.tables:
            connection.unregister(f"evidence_{name}")
        connection.execute("SET file_search_path = ?", [before or ""])


def first_line(error: duckdb.Error, root: Path) -> str:
    """What the database says, without where the workspace lies."""
    return str(error).splitlines()[0].replace(f"{root.resolve()}/", "")
