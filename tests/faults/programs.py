"""Small programs that are right, or forget something: what the harnesses are tried on themselves."""

from __future__ import annotations

import os
from pathlib import Path

from engine.events.files import content_name, make_folder, move_into_place, sync_folders
from tests.faults import shim
from tests.faults.shim import Fault

CONTENT = b"a bill, " * 200


def careful(root: str) -> None:
    """Writes aside, syncs, moves into a new folder, syncs that."""
    aside, target = Path(root, "aside"), Path(root, "new", "folder", "bill")
    aside.write_bytes(CONTENT)
    content_name(aside)
    move_into_place(aside, target)
    sync_folders([target.parent])
    shim.mark("there")


def content_forgotten(root: str) -> None:
    """Does not sync the file."""
    aside, target = Path(root, "aside"), Path(root, "new", "folder", "bill")
    aside.write_bytes(CONTENT)
    move_into_place(aside, target)
    sync_folders([target.parent])
    shim.mark("there")


def name_forgotten(root: str) -> None:
    """Does not sync the folder that the file is moved to."""
    aside, target = Path(root, "aside"), Path(root, "new", "folder", "bill")
    aside.write_bytes(CONTENT)
    content_name(aside)
    move_into_place(aside, target)
    shim.mark("there")


def folder_forgotten(root: str) -> None:
    """Does not sync the folders that the new folders are in."""
    target = Path(root, "new", "folder", "bill")
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    content_name(target)
    sync_folders([target.parent])
    shim.mark("there")


def promised_too_early(root: str) -> None:
    """Does everything, but says so before the last sync."""
    make_folder(Path(root, "new", "folder"))
    target = Path(root, "new", "folder", "bill")
    target.write_bytes(CONTENT)
    content_name(target)
    shim.mark("there")
    sync_folders([target.parent])


def many_calls(root: str) -> None:
    """Everything that the model knows."""
    top = Path(root)
    (top / "deep" / "deeper").mkdir(parents=True)
    with (top / "kept").open("wb") as file:
        file.write(b"0123456789")
        file.truncate(4)
        file.seek(8)
        file.write(b"8")
    os.link(top / "kept", top / "deep" / "linked")
    (top / "deep" / "gone").write_bytes(b"x")
    (top / "deep" / "gone").unlink()
    (top / "emptied").write_bytes(b"full")
    (top / "emptied").write_bytes(b"")
    with (top / "added").open("ab") as file:
        file.write(b"one, ")
        file.flush()
        file.write(b"two")
    (top / "deep" / "deeper" / "inside").write_bytes(b"moved along")
    (top / "deep" / "deeper").rename(top / "moved")
    (top / "passing").mkdir()
    (top / "passing").rmdir()
    (top / "over").write_bytes(b"before")
    (top / "aside").write_bytes(b"after")
    (top / "aside").replace(top / "over")


def wrote(root: str, call: int, fault: int) -> None:
    """Makes a folder and writes a file in it, in two parts."""
    shim.arm(Path(root), call=call, fault=Fault(fault), log=Path(root).with_name("log"), data=True)
    folder = Path(root, "folder")
    folder.mkdir()
    with (folder / "file").open("wb", buffering=0) as file:
        first = file.write(b"first")
        file.write(b"second"[0 if first == 5 else 1 :])
    print(first)
