"""YAML without its traps: exact numbers, dates left as text, two booleans, no key twice.

Built on libyaml's composer: its nodes become plain values at once, and are composed again only when a
position is asked for. What plain `yaml.safe_load` does instead is listed in `spec/ecosystem.md` §2.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.catalog.fields import Path
from engine.errors import CatalogError, Problem

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:\.[0-9]+|(?:\.[0-9]+)?[eE][+-]?[0-9]{1,4})")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_UNTAGGED = ""


class _Composer(CParser):
    """libyaml's composer without tag resolution, which is done here, by `_scalar`."""

    def resolve(self, kind: type[Node], value: str | None, implicit: object) -> str:
        return _UNTAGGED

    def descend_resolver(self, parent: object, index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


@dataclass(slots=True)
class YamlDocument:
    """A YAML file, or the YAML part of a file, starting at `first_line`."""

    file: str
    text: str
    content: object
    first_line: int = 1
    _root: Node | None = field(default=None, repr=False)

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if self._root is None:
            self._root = _compose(self.file, self.text, self.first_line)
        node, mark = self._root, self._root.start_mark if self._root else None
        for depth, step in enumerate(path, 1):
            found = _step(node, step)
            if found is None:
                break
            at_key, node = found
            mark = at_key.start_mark if key and depth == len(path) else node.start_mark
        if mark is None:
            return self.first_line, 1
        if not key and type(node) is ScalarNode and node.style in ("|", ">"):
            return self._block_start(mark.line)
        return mark.line + self.first_line, mark.column + 1

    def _block_start(self, indicator: int) -> tuple[int, int]:
        """Where the text of a block scalar starts, given the line (from 0) of its `|` or `>`."""
        following = self.text.split("\n")[indicator + 1 :]
        text = next((line for line in following if line.strip()), "")
        return indicator + 1 + self.first_line, len(text) - len(text.lstrip(" ")) + 1


def read_yaml(file: str, text: str, *, first_line: int = 1) -> YamlDocument:
    """The one document of a YAML text as plain values: dict, list, str, int, Decimal, bool, None.

    Raises CatalogError for text that is not YAML, a key given twice, a tag, a merge key, or an anchor inside
    itself. `file` is the name that problems carry.
    """
    root = _compose(file, text, first_line)
    builder = _Builder(file, first_line)
    try:
        content = None if root is None else builder.build(root)
    except RecursionError:
        raise CatalogError([Problem(file, first_line, 1, "nested too deeply")]) from None
    if builder.problems:
        raise CatalogError(builder.problems)
    return YamlDocument(file, text, content, first_line)


def _compose(file: str, text: str, first_line: int) -> Node | None:
    try:
        node: Node | None = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + first_line, mark.column + 1) if mark else (0, 0)
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise CatalogError([Problem(file, line, column, f"not valid YAML: {what}")]) from error
    except yaml.YAMLError as error:
        raise CatalogError([Problem(file, 0, 0, f"not valid YAML: {' '.join(str(error).split())}")]) from error
    return node


def _step(node: Node | None, step: str | int) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


class _Builder:
    """Turns nodes into plain values, gathering problems."""

    def __init__(self, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.problems: list[Problem] = []
        self._open: set[int] = set()

    def build(self, node: Node) -> object:
        if type(node) is ScalarNode:
            return self._scalar(node)
        if id(node) in self._open:
            self._refuse(node, "an anchor contains itself", "write the value out")
            return None
        if node.tag != _UNTAGGED:
            self._refuse(node, f"tag {node.tag!r} is not allowed", "remove the tag")
        self._open.add(id(node))
        value = self._mapping(node) if type(node) is MappingNode else [self.build(item) for item in node.value]
        self._open.discard(id(node))
        return value

    def _mapping(self, node: MappingNode) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            if type(key_node) is not ScalarNode:
                self._refuse(key_node, "a key must be text", "quote it")
                continue
            key = key_node.value
            if key in mapping:
                self._refuse(key_node, f"key {key!r} is given twice", "keep one of them")
            elif key == "<<" and not key_node.style:
                self._refuse(key_node, "merge keys (<<) are not supported", "write the keys out")
            mapping[key] = self.build(value_node)
        return mapping

    def _scalar(self, node: ScalarNode) -> object:
        text: str = node.value
        if node.tag != _UNTAGGED:
            self._refuse(node, f"tag {node.tag!r} is not allowed", "remove the tag; quote what is to be text")
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] in "-.0123456789":
            if _INTEGER.fullmatch(text):
                return int(text) if len(text) < 4000 else Decimal(text)
            if _DECIMAL.fullmatch(text):
                return Decimal(text)
        return text

    def _refuse(self, node: Node, what: str, remedy: str) -> None:
        mark = node.start_mark
        line, column = mark.line + self.first_line, mark.column + 1
        self.problems.append(Problem(self.file, line, column, what, remedy))
