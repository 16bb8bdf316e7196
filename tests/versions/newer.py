"""Workspaces as a duckbill of the future might leave them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from engine.events.delta_check import open_checked
from engine.events.delta_log import HEAD, described_anew, log_of, write_commit
from engine.values.schema_versions import TABLE_KEY
from engine.values.seal import read_sealed, sealed_text


def table_of_version(table: Path, version: int, *, in_head: bool = True) -> None:
    """Commits another schema version to a table, as what would write it: in its description and in its log's head."""
    delta = open_checked(table)
    assert delta is not None
    (described,) = described_anew(delta, pa.schema(delta.schema().to_arrow()))
    action = json.loads(json.dumps(described))
    action["metaData"]["configuration"][TABLE_KEY] = str(version)
    write_commit(table, delta.version() + 1, [action], {"operation": "UPGRADE"})
    if in_head:
        head = log_of(table) / HEAD
        content = read_sealed(head.read_text(encoding="utf-8"))
        head.write_text(sealed_text({**content, "schema_version": version}), encoding="utf-8")
