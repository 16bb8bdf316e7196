"""The output formats that commands take; apart from what writes them, so that `--help` stays quick."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


class SummaryFormat(StrEnum):
    """How a single result is written; JSON is one line, the last of stdout."""

    table = "table"
    json = "json"


class LogFormat(StrEnum):
    """How what happens is told on stderr: a progress bar on a terminal, or JSON lines."""

    text = "text"
    json = "json"
