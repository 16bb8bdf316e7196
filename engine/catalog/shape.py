"""Which keys an item in a file may have: fields, names that stand for ids, and API keys that are dropped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, get_args, get_origin

from engine.catalog.fields import CatalogObject, Path


@dataclass(frozen=True, slots=True)
class Shape:
    """What the loader knows of a model.

    `fields` are the fields that a file may give. `nested` maps fields holding other catalog objects to their
    model, and whether there are many in a list. `references` are (field with an id, key with a name instead,
    section referred to); `reference_lists` likewise of fields with a list of ids, where the two keys may be one.
    """

    fields: frozenset[str]
    nested: dict[str, tuple[type[CatalogObject], bool]]
    references: tuple[tuple[str, str, str], ...]
    reference_lists: tuple[tuple[str, str, str], ...]
    name_keys: frozenset[str]


@cache
def shape_of(model: type[CatalogObject]) -> Shape:
    """The shape of a model; `source`, the loader's own field, is no part of it.

    The key by which a file refers by name is the field's without `_id`: `product` for `product_id`; that of a
    list `composite_products` for `composite_product_ids`, and `product_order` for itself.
    """
    nested = {}
    for name, field in model.model_fields.items():
        for inner, many in _models_in(field.annotation):
            nested[name] = (inner, many)
    references = tuple((field, field.removesuffix("_id"), section) for field, section in model.references.items())
    lists = tuple((field, _by_names(field), section) for field, section in model.reference_lists.items())
    return Shape(
        fields=frozenset(model.model_fields) - {"source"},
        nested=nested,
        references=references,
        reference_lists=lists,
        name_keys=frozenset(by_name for _, by_name, _ in references + lists),
    )


def _by_names(field: str) -> str:
    return f"{field.removesuffix('_ids')}s" if field.endswith("_ids") else field


@cache
def known_keys(model: type[CatalogObject]) -> dict[Path, tuple[str, ...]]:
    """The keys that an object of this model and the objects inside it may have, by shape of path.

    A shape of path is a path with every position in a list taken as 0. Keys that are dropped or refused are
    left out: they are not worth proposing.
    """
    shape = shape_of(model)
    keys: dict[Path, tuple[str, ...]] = {(): tuple(shape.fields | shape.name_keys)}
    for name, (inner, many) in shape.nested.items():
        step: Path = (name, 0) if many else (name,)
        keys |= {step + path: names for path, names in known_keys(inner).items()}
    return keys


def _models_in(annotation: object) -> list[tuple[type[CatalogObject], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, CatalogObject):
        return [(annotation, False)]
    origin = get_origin(annotation)
    inner = [found for argument in get_args(annotation) for found in _models_in(argument)]
    if origin is tuple:
        return [(model, True) for model, _ in inner]
    return inner if origin in (UnionType, Annotated) else []
