"""How results are written: data to stdout in the format asked for, everything else to stderr."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine.billing import Progress as ReportProgress
from engine.formats import Format
from engine.result import Rows, shown
from engine.values.period import format_instant


def write_rows(rows: Rows, form: Format, *, title: str = "", in_table: Sequence[str] = ()) -> None:
    """Rows on stdout; a table has a frame on a terminal only, so that a pipe gets plain columns.

    A table has the columns `in_table`, if any are named; every other format has all.
    """
    match form:
        case Format.json:
            for row in rows:
                print(json.dumps({name: plain_json(value) for name, value in row.items()}, ensure_ascii=False))
        case Format.csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(rows.columns)
            writer.writerows([shown(value) for value in row.values()] for row in rows)
        case Format.parquet:
            buffer = io.BytesIO()
            pq.write_table(rows.arrow(), buffer, compression="zstd")
            sys.stdout.buffer.write(buffer.getvalue())
        case Format.table:
            listed = rows.select(*in_table) if in_table else rows
            print_table(listed.columns, ([shown(value) for value in row.values()] for row in listed), title)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """An aligned table on stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        _print_plain(columns, list(rows))
        return
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(name), *(len(row[at]) for row in rows)) if rows else len(name) for at, name in enumerate(columns)]
    for row in (columns, *rows):
        print("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def write_summary(summary: Mapping[str, object]) -> None:
    """One JSON line, the last of stdout, as schedulers read it."""
    print(json.dumps(dict(summary), ensure_ascii=False))


def note(text: str) -> None:
    """Something for the person at the terminal."""
    print(text, file=sys.stderr)


def counted(count: int, noun: str) -> str:
    """A number of things in words: `1 problem`, `2 problems`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def plain_json(value: object) -> object:
    """A value as JSON carries it without loss: exact numbers and instants as text."""
    if isinstance(value, Decimal):
        return shown(value)
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


@contextmanager
def progress_bar() -> Iterator[ReportProgress]:
    """A progress bar on stderr when that is a terminal, and silence when it is not."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total or None)
