"""A disk that forgets: what a file system may hold after a power cut, worked out from a record of calls.

The model promises what POSIX does and no more. What a file holds is kept as of its last fsync, and which names a folder
has as of the folder's own; everything since may be kept, lost, or kept in part. A rename is one step, which is there or
is not, but steps that no fsync lies between may be kept in any selection.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.shim import Call, Operation

_BLOCK = 512

#: What a folder that is not there at all is known by.
_NOTHING = 0


@dataclass(slots=True)
class _File:
    content: bytearray
    kept: bytes


@dataclass(slots=True)
class _Folder:
    names: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Step:
    """What one call did to names: of which folder, which name, and what it stands for since, 0 for nothing."""

    parts: list[tuple[int, str, int]]


class Disk:
    """The files of a folder, as processes see them and as they would be after a power cut.

    It begins with what is in `root` now, all of which is on the disk; `follow` then takes the calls in their order.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._nodes: dict[int, _File | _Folder] = {}
        #: The number by which the file system knows a file now; it gives it away again when the file is gone.
        self._inodes: dict[int, int] = {}
        self._steps: list[_Step] = []
        self._next = 1
        self._top = self._read(root)

    def follow(self, call: Call) -> None:
        """What a call changed; one that failed changed nothing."""
        if call.error or call.operation is Operation.MARK:
            return
        match call.operation:
            case Operation.CREATE:
                self._name([(call.path, self._add(call.inode, _File(bytearray(), b"")))])
            case Operation.MKDIR:
                self._name([(call.path, self._add(call.inode, _Folder()))])
            case Operation.OPEN if call.offset:
                self._file(call.inode).content.clear()
            case Operation.WRITE:
                self._write(self._file(call.inode).content, call.offset, call.data)
            case Operation.TRUNCATE:
                self._truncate(self._file(call.inode).content, call.offset)
            case Operation.FSYNC:
                self._sync(call.inode)
            case Operation.RENAME:
                self._name([(call.path, _NOTHING), (call.other, self._inodes[call.inode])])
            case Operation.LINK:
                self._name([(call.other, self._inodes[call.inode])])
            case Operation.UNLINK | Operation.RMDIR:
                self._name([(call.path, _NOTHING)])

    def after_nothing_lost(self) -> Remains:
        """What is there when everything that was done was kept."""
        names = {number: dict(node.names) for number, node in self._nodes.items() if isinstance(node, _Folder)}
        contents = {number: bytes(node.content) for number, node in self._nodes.items() if isinstance(node, _File)}
        return Remains(self._top, names, contents)

    def after_all_lost(self) -> Remains:
        """What is there when nothing was kept but what was synced."""
        names = {number: dict(node.kept) for number, node in self._nodes.items() if isinstance(node, _Folder)}
        contents = {number: node.kept for number, node in self._nodes.items() if isinstance(node, _File)}
        return Remains(self._top, names, contents)

    def after_some_lost(self, chance: Random) -> Remains:
        """What is there when of what was not synced some was kept, and of some files only a part."""
        names = {number: dict(node.kept) for number, node in self._nodes.items() if isinstance(node, _Folder)}
        share = chance.choice((0.2, 0.5, 0.9))
        for step in self._steps:
            if chance.random() < share:
                for folder, name, number in step.parts:
                    _put(names[folder], name, number)
        contents = {number: _partly(node, chance) for number, node in self._nodes.items() if isinstance(node, _File)}
        return Remains(self._top, names, contents)

    def _read(self, path: Path) -> int:
        number = path.stat().st_ino
        known = self._inodes.get(number)
        if known is not None:
            return known
        if not path.is_dir():
            content = path.read_bytes()
            return self._add(number, _File(bytearray(content), content))
        entries = {each.name: self._read(each) for each in path.iterdir()}
        return self._add(number, _Folder(entries, dict(entries)))

    def _add(self, inode: int, node: _File | _Folder) -> int:
        number = self._next
        self._next += 1
        self._nodes[number] = node
        self._inodes[inode] = number
        return number

    def _file(self, inode: int) -> _File:
        node = self._nodes[self._inodes[inode]]
        assert isinstance(node, _File)
        return node

    def _folder_of(self, path: str) -> tuple[int, str]:
        """The folder that a path is in, by number, and the name there."""
        *folders, name = path.removeprefix(self._root + "/").split("/")
        number = self._top
        for each in folders:
            node = self._nodes[number]
            assert isinstance(node, _Folder)
            number = node.names[each]
        return number, name

    def _name(self, changes: Iterable[tuple[str, int]]) -> None:
        parts = []
        for path, number in changes:
            folder, name = self._folder_of(path)
            node = self._nodes[folder]
            assert isinstance(node, _Folder)
            _put(node.names, name, number)
            parts.append((folder, name, number))
        self._steps.append(_Step(parts))

    def _sync(self, inode: int) -> None:
        number = self._inodes[inode]
        node = self._nodes[number]
        if isinstance(node, _File):
            node.kept = bytes(node.content)
            return
        node.kept = dict(node.names)
        for step in self._steps:
            step.parts = [part for part in step.parts if part[0] != number]
        self._steps = [step for step in self._steps if step.parts]

    @staticmethod
    def _write(content: bytearray, offset: int, data: bytes) -> None:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data

    @staticmethod
    def _truncate(content: bytearray, size: int) -> None:
        content.extend(bytes(max(0, size - len(content))))
        del content[size:]


@dataclass(frozen=True, slots=True)
class Remains:
    """What is on a disk: which names each folder has, what each file holds, by number; `top` is the folder itself."""

    top: int
    names: dict[int, dict[str, int]]
    contents: dict[int, bytes]

    def identity(self) -> int:
        """What is the same for disks that hold the same under the same names; within one process."""
        return hash(tuple(self._listed(self.top, "")))

    def write(self, folder: Path) -> None:
        """Makes them in an absent folder; two names of one file are that again."""
        made: dict[int, Path] = {}
        self._write(self.top, folder, made)

    def _listed(self, number: int, path: str) -> Iterable[tuple[str, int]]:
        for name, each in sorted(self.names[number].items()):
            below = f"{path}/{name}"
            if each in self.names:
                yield below, 0
                yield from self._listed(each, below)
            else:
                yield below, hash(self.contents[each])

    def _write(self, number: int, path: Path, made: dict[int, Path]) -> None:
        path.mkdir()
        for name, each in self.names[number].items():
            target = path / name
            if each in self.names:
                self._write(each, target, made)
            elif each in made:
                os.link(made[each], target)
            else:
                target.write_bytes(self.contents[each])
                made[each] = target


def _put(names: dict[str, int], name: str, number: int) -> None:
    if number == _NOTHING:
        names.pop(name, None)
    else:
        names[name] = number


def _partly(node: _File, chance: Random) -> bytes:
    """What a file may hold: as synced, as written, cut short, empty, zeros for what was written, or a mixture."""
    now = bytes(node.content)
    if now == node.kept:
        return now
    match chance.randrange(6):
        case 0:
            return node.kept
        case 1:
            return now
        case 2:
            return now[: chance.randrange(len(now) + 1)]
        case 3:
            return b""
        case 4:
            return bytes(len(now))
    mixed = bytearray(now)
    for at in range(0, len(now), _BLOCK):
        if chance.random() < 0.5:
            mixed[at : at + _BLOCK] = node.kept[at : at + _BLOCK].ljust(len(now[at : at + _BLOCK]), b"\0")
    return bytes(mixed)
