"""Delta logs that duckbill writes: readable by others, durable, and every damage to them is found."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from engine.errors import CorruptFileError, UserError, WorkspaceBusyError
from engine.events.delta_check import DamagedFile, check_log, open_checked
from engine.events.delta_log import (
    COMMITS_BETWEEN_CHECKPOINTS,
    UNFINISHED,
    add,
    commit_info,
    commit_path,
    creation,
    log_of,
    read_head,
    remove,
    transaction,
    write_commit,
)
from engine.values.schema_versions import TABLE_KEY

_SCHEMA = pa.schema([("a", pa.string()), ("at", pa.timestamp("us")), ("day", pa.string())])


def _written(table: Path, commits: int) -> Path:
    """A table of this many commits: each adds a file, and every third takes the one before away."""
    write_commit(table, 0, creation(_SCHEMA, ["day"], {}), {})
    for version in range(1, commits):
        actions = [add(f"day=1/{version}.parquet", 10, {"day": "1"}, {"numRecords": 1}), transaction("t", version)]
        if version % 3 == 0:
            actions.append(remove(f"day=1/{version - 1}.parquet", 10, {"day": "1"}))
        write_commit(table, version, actions, {"said": version})
    return table


def test_others_read_what_was_written(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 8)
    delta = DeltaTable(table)
    live = sorted(pa.table(delta.get_add_actions(flatten=False)).column("path").to_pylist())
    assert live == [f"day=1/{number}.parquet" for number in (1, 3, 4, 6, 7)]
    assert delta.version() == 7
    assert delta.transaction_version("t") == 7
    assert [field.name for field in delta.schema().fields] == ["a", "at", "day"]
    assert delta.metadata().configuration[TABLE_KEY] == "2"
    assert commit_info(table, 5)["said"] == 5


def test_a_long_log_is_read_from_a_checkpoint(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 2 * COMMITS_BETWEEN_CHECKPOINTS + 3)
    head = read_head(table)
    assert head is not None and len(head.checkpoints) == 2
    for path in sorted(log_of(table).glob("*.json"))[:COMMITS_BETWEEN_CHECKPOINTS]:
        path.unlink()
    opened = open_checked(table)
    assert opened is not None and opened.version() == 2 * COMMITS_BETWEEN_CHECKPOINTS + 2
    assert len(check_log(table)) == COMMITS_BETWEEN_CHECKPOINTS


def test_a_taken_version_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 3)
    before = sorted(path.name for path in log_of(table).iterdir())
    with pytest.raises(WorkspaceBusyError, match="another program"):
        write_commit(table, 2, [], {})
    assert sorted(path.name for path in log_of(table).iterdir()) == before
    assert check_log(table) == []


def test_a_crash_after_any_step_is_no_damage_and_mended_by_the_next_commit(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", COMMITS_BETWEEN_CHECKPOINTS)
    head = (log_of(table) / "_head.json").read_bytes()
    write_commit(table, COMMITS_BETWEEN_CHECKPOINTS, [], {})
    (checkpoint,) = log_of(table).glob("*.checkpoint.parquet")
    # As after a crash between the head and the checkpoint's name, with an unfinished commit besides.
    checkpoint.rename(checkpoint.with_name(f"{UNFINISHED}{checkpoint.name}"))
    (log_of(table) / f"{UNFINISHED}{99:020d}.json").write_text("{")
    assert check_log(table) == []
    write_commit(table, COMMITS_BETWEEN_CHECKPOINTS + 1, [], {})
    assert checkpoint.is_file()
    assert not list(log_of(table).glob(f"{UNFINISHED}*"))
    # As after a crash between a commit and its head.
    (log_of(table) / "_head.json").write_bytes(head)
    checkpoint.unlink()
    assert check_log(table) == []
    write_commit(table, COMMITS_BETWEEN_CHECKPOINTS + 2, [], {})
    assert check_log(table) == []


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _truncate(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def _remove(path: Path, chance: random.Random) -> None:
    path.unlink()


def _replace(path: Path, chance: random.Random) -> None:
    """Puts a file of the same kind in its place, as it was written."""
    others = [other for other in path.parent.iterdir() if other != path and other.suffix == path.suffix]
    shutil.copy(chance.choice(sorted(others)), path)


@pytest.mark.parametrize("damage", [_flip, _truncate, _remove, _replace])
def test_every_damage_to_a_log_is_found_and_named(
    tmp_path: Path, damage: Callable[[Path, random.Random], None]
) -> None:
    table = _written(tmp_path / "t", 2 * COMMITS_BETWEEN_CHECKPOINTS + 5)
    whole = {path: path.read_bytes() for path in log_of(table).iterdir()}
    assert check_log(table) == []
    chance = random.Random(1)
    for path, content in sorted(whole.items()):
        damage(path, chance)
        named = [found.path for found in check_log(table)]
        if path.read_bytes() != content if path.exists() else True:
            assert path in named, f"{damage.__name__} of {path.name}: {named}"
        path.write_bytes(content)


def test_opening_reads_nothing_that_is_damaged(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", COMMITS_BETWEEN_CHECKPOINTS + 5)
    newest = commit_path(table, COMMITS_BETWEEN_CHECKPOINTS + 4)
    (checkpoint,) = log_of(table).glob("*.checkpoint.parquet")
    for path in (newest, commit_path(table, COMMITS_BETWEEN_CHECKPOINTS + 2), checkpoint):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"day", b"dax", 1))
        with pytest.raises(CorruptFileError, match=path.name):
            open_checked(table)
        path.write_bytes(content)
    newest.unlink()
    with pytest.raises(CorruptFileError, match=newest.name):
        open_checked(table)


def test_foreign_files_in_a_log_are_found(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 5)
    log = log_of(table)
    foreign = [
        commit_path(table, 5),
        commit_path(table, 10**19),
        log / f"{4:020d}.checkpoint.parquet",
        log / "notes.txt",
    ]
    for path in foreign:
        shutil.copy(commit_path(table, 4), path)
        assert check_log(table) == [DamagedFile(path, "foreign")]
        if path.name != "notes.txt":
            with pytest.raises(CorruptFileError, match="was not written by duckbill"):
                open_checked(table)
        path.unlink()


def test_a_commit_of_another_program_is_refused(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 3)
    DeltaTable(table).alter.set_table_properties({"delta.appendOnly": "false"})
    with pytest.raises(CorruptFileError, match="was not written by duckbill"):
        open_checked(table)


def test_a_table_without_seals_gets_them_with_its_next_commit(tmp_path: Path) -> None:
    table = tmp_path / "t"
    DeltaTable.create(table, _SCHEMA, partition_by=["day"])
    opened = open_checked(table)
    assert opened is not None and check_log(table) == []
    write_commit(table, 1, [], {})
    head = read_head(table)
    assert head is not None and head.sealed_from == 1
    assert check_log(table) == []
    _flip(commit_path(table, 0), random.Random(3))
    assert check_log(table) == [DamagedFile(commit_path(table, 0), "changed")]


def test_a_table_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    table = _written(tmp_path / "t", 1)
    text = commit_path(table, 0).read_text(encoding="utf-8").splitlines()[1]
    described = json.loads(text)
    described["metaData"]["configuration"][TABLE_KEY] = "3"
    write_commit(table, 1, [described], {})
    with pytest.raises(UserError, match="t has schema version 3; this duckbill reads 1 and 2"):
        open_checked(table)
