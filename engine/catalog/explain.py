"""What pydantic refused, as the Problems a user reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.catalog.document import Document, child, problem
from engine.catalog.fields import CatalogObject, Path, describe
from engine.catalog.shape import known_keys, shape_of
from engine.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def problems_of(
    errors: list[ErrorDetails], model: type[CatalogObject], document: Document, path: Path
) -> Iterator[Problem]:
    """The problems of the item at `path` of `document`, which `model` refused."""
    known = known_keys(model)
    item = _inside(document.content, path)
    for error in errors:
        inner = tuple(step for step in error["loc"] if step != "[key]")
        context = error.get("ctx", {})
        if error["type"] == "rules":
            for finding in context["findings"]:
                at = path + _as_given(item, inner + finding.path, model)
                yield problem(document, at, finding.what, finding.remedy)
        elif error["type"] == "extra_forbidden":
            choices = known.get(tuple(0 if isinstance(step, int) else step for step in inner[:-1]), ())
            remedy = did_you_mean(str(inner[-1]), choices)
            yield problem(document, path + inner, f"unknown key {inner[-1]!r}", remedy, key=True)
        else:
            name = next((step for step in reversed(inner) if isinstance(step, str)), "")
            what, remedy = _said(error, name)
            yield problem(document, path + _as_given(item, inner, model), what, remedy)


def _as_given(item: object, path: Path, model: type[CatalogObject]) -> Path:
    """`path` inside an item, by the keys of the file: `product` where that is given for `product_id`."""
    value, of_value, given = item, model, []
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            shape = shape_of(of_value)
            names = {field: by_name for field, by_name, _ in shape.references + shape.reference_lists}
            of_value, _ = shape.nested.get(step, (of_value, False))
            if step not in value and names.get(step) in value:
                step = names[step]
        given.append(step)
        if not (step == 0 and isinstance(value, Mapping)):
            value = _inside(value, (step,))
    return tuple(given)


def _inside(value: object, path: Path) -> object:
    """What stands at `path` in plain values, or None."""
    try:
        for step in path:
            value = child(value, step)
    except KeyError:
        return None
    return value


def _said(error: ErrorDetails, name: str) -> tuple[str, str]:
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "finding":
        return f"{name}: {context['what']}", context["remedy"]
    if kind == "missing":
        return f"missing key {name!r}", "add it"
    if kind == "choice":
        if isinstance(found, str) and found.upper() in context["later"]:
            return (
                f"duckbill does not {context['verb']} {name} {found.upper()} yet",
                f"use {_one_of(context['choices'])}",
            )
        if not isinstance(found, str):
            return (
                f"{name}: expected text, found {describe(found)}",
                f"one of {', '.join(context['choices'])}",
            )
        return f"unknown {name} {found!r}", did_you_mean(found.upper(), context["choices"])
    if kind == "string_too_short":
        return f"{name} is empty", "give it a value or leave it out"
    if kind in _EXPECTED:
        remedy = ""
        if kind == "string_type" and not isinstance(found, list | dict | None):
            remedy = "put it in quotes"
        if kind == "bool_type" and isinstance(found, str) and found.lower() in ("true", "false"):
            remedy = f"write {found.lower()} without quotes"
        return f"{name}: expected {_EXPECTED[kind]}, found {describe(found)}", remedy
    return f"{name}: {error['msg']}", ""


def _one_of(choices: tuple[str, ...]) -> str:
    """
    >>> _one_of(("A",)), _one_of(("A", "B", "C"))
    ('A', 'A, B or C')
    """
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
