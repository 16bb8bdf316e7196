"""Changing what a run recorded as only duckbill itself could: with whole seals."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.events.sealed_files import sealed_bytes


def rerecord(folder: Path, change: Callable[[dict[str, Any]], object] = lambda manifest: None) -> None:
    """Lists the files of a run's folder as they are now, after a change of its manifest, and seals that."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["seal"]
    change(manifest)
    for name, listed in manifest["files"].items():
        raw = (folder / name).read_bytes()
        listed.update(sha256=sha256(raw).hexdigest(), bytes=len(raw))
    path.write_bytes(sealed_bytes(manifest))
