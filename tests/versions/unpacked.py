"""The committed workspaces of earlier versions, unpacked to be worked in."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from engine.workspace import Workspace

HERE = Path(__file__).parent


def unpack(name: str, root: Path) -> Workspace:
    """The committed workspace of this name, opened, in a folder of its own; what was there is gone."""
    shutil.rmtree(root, ignore_errors=True)
    with tarfile.open(HERE / f"{name}.tar.gz") as packed:
        packed.extractall(root, filter="data")
    return Workspace(root)


def expected_text(name: str) -> str:
    """What is published in it, as the version that made it said."""
    return (HERE / f"{name}.txt").read_text(encoding="utf-8")
