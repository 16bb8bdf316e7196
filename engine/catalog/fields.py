"""The field types of catalog objects and the base class that holds their common rules.

Numbers are exact decimals, instants are naive UTC, choices are upper-cased; a float is refused everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from engine.values.numbers import plain_text
from engine.values.period import as_utc, format_instant, parse_instant

#: The widest number a catalog may hold: DECIMAL(38, 18) keeps it exactly.
INTEGER_DIGITS = 20
FRACTION_DIGITS = 18

#: A place inside an object: keys and positions, outermost first.
Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """One rule that an object breaks: where inside the object, what is wrong, and what to do."""

    path: Path
    what: str
    remedy: str = ""


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """The error a field type raises; `what` and `remedy` become a Problem at the field's place."""
    return PydanticCustomError("finding", "{what}", {"what": what, "remedy": remedy})


def describe(value: object) -> str:
    """A value from a file, as a message shows it.

    >>> describe(True), describe(5), describe("x"), describe([1])
    ('true', 'the number 5', "the text 'x'", 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, int | Decimal):
        return f"the number {value}"
    if isinstance(value, float):
        return f"the binary float {value!r}"
    return "a mapping" if isinstance(value, Mapping) else "a list"


@lru_cache(maxsize=65536)
def _exact(text: str) -> Decimal:
    plain = plain_text(text)
    if plain is None:
        raise ValueError(text)
    whole, _, fraction = plain.removeprefix("-").partition(".")
    if len(whole) > INTEGER_DIGITS or len(fraction) > FRACTION_DIGITS:
        raise OverflowError(text)
    return Decimal(plain)


def _number(value: object) -> Decimal:
    if isinstance(value, float):
        raise wrong(f"expected an exact number, found {describe(value)}", "pass a Decimal, an int or text")
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise wrong(f"expected a number, found {describe(value)}")
    try:
        return _exact(str(value))
    except ValueError:
        raise wrong(f"expected a number, found {describe(value)}", "write it like 1200 or 0.015") from None
    except OverflowError:
        raise wrong(
            f"{value} is too long a number",
            f"at most {INTEGER_DIGITS} digits before the point and {FRACTION_DIGITS} after it",
        ) from None


@lru_cache(maxsize=65536)
def _parsed(text: str) -> datetime:
    return parse_instant(text)


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return as_utc(value)
    if not isinstance(value, str):
        raise wrong(f"expected a time, found {describe(value)}", "write it like 2026-10-01T00:00:00Z")
    try:
        return _parsed(value)
    except ValueError as error:
        raise wrong(str(error)) from None


def _hour(value: object) -> datetime:
    moment = _instant(value)
    if moment.minute or moment.second or moment.microsecond:
        raise wrong(f"{format_instant(moment)} is not on the hour", "prices change on full UTC hours only")
    return moment


def _text_map(value: object) -> tuple[tuple[str, str], ...]:
    pairs = tuple(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, tuple):
        raise wrong(f"expected a mapping of text to text, found {describe(value)}")
    texts = []
    for key, text in pairs:
        if not isinstance(key, str) or not isinstance(text, str):
            bad = text if isinstance(key, str) else key
            raise wrong(f"expected text for {key!r}, found {describe(bad)}", "put it in quotes")
        texts.append((key, text))
    return tuple(sorted(texts))


def _plain(number: Decimal) -> str:
    plain = plain_text(str(number))
    assert plain is not None, "a catalog number was checked on entry"
    return plain


_NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$"}]}
_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
_TEXT_MAP_SCHEMA = {"type": "object", "additionalProperties": {"type": "string"}}

#: An exact number, given as an int, a Decimal or text; written to JSON as plain text.
Number = Annotated[
    Decimal,
    PlainValidator(_number),
    PlainSerializer(_plain, when_used="json"),
    WithJsonSchema(_NUMBER_SCHEMA),
]
#: An RFC 3339 time; naive UTC inside.
Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema(_INSTANT_SCHEMA),
]
#: An instant on a full UTC hour: nothing that has a price changes in between (spec/metering.md §13).
Hour = Annotated[
    datetime,
    PlainValidator(_hour),
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema(_INSTANT_SCHEMA),
]
#: A mapping of text to text as pairs ordered by key, so that it can be hashed; `dict(pairs)` gives it back.
TextMap = Annotated[
    tuple[tuple[str, str], ...],
    PlainValidator(_text_map),
    PlainSerializer(dict, when_used="json"),
    WithJsonSchema(_TEXT_MAP_SCHEMA),
]
Name = Annotated[str, Field(min_length=1)]
Flag = StrictBool
Whole = StrictInt


@dataclass(frozen=True, slots=True)
class AnyCase:
    """Marks an enumeration whose values may be written in any case.

    `later` names values that Metronome has and duckbill does not bill (`verb`) yet; they are refused as such.
    """

    later: tuple[str, ...] = ()
    verb: str = "bill"

    def __get_pydantic_core_schema__(
        self, choices: type[StrEnum], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        known = {choice.value: choice for choice in choices}

        def choose(value: object) -> StrEnum:
            upper = value.upper() if isinstance(value, str) else ""
            if upper not in known:
                context = {"choices": tuple(known), "later": self.later, "verb": self.verb}
                raise PydanticCustomError("choice", "unknown choice", context)
            return known[upper]

        return core_schema.no_info_before_validator_function(choose, handler(choices))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        known = handler.resolve_ref_schema(handler(schema))["enum"]
        return {"enum": [text for value in known for text in (value, value.lower(), value.capitalize())]}


class Cleared(StrEnum):
    """What takes a value away where leaving it out would keep it."""

    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Clearable:
    """Marks a field that holds an object of `model`, or `Cleared` when it is given as {} or the text `none`."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def read(value: object, of_model: core_schema.ValidatorFunctionWrapHandler) -> object:
            if value == {} or (isinstance(value, str) and value.upper() == Cleared.NONE):
                return Cleared.NONE
            return None if value is None else of_model(value)

        def write(value: object, of_model: core_schema.SerializerFunctionWrapHandler) -> object:
            return of_model(value) if isinstance(value, BaseModel) else value

        inner = handler.generate_schema(self.model)
        return core_schema.no_info_wrap_validator_function(
            read, inner, serialization=core_schema.wrap_serializer_function_ser_schema(write, schema=inner)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        nothing = {"type": "object", "maxProperties": 0}
        return {"anyOf": [handler(schema), nothing, {"enum": ["none", "NONE"]}, {"type": "null"}]}


class CatalogObject(BaseModel):
    """Base of every catalog object: frozen, no unknown key, and its own rules checked on construction.

    `references` maps a field holding an id to the section it refers to, `reference_lists` a field holding a
    list of ids. `null_means` gives the value that null stands for where it does not mean that the key is not there.
    `accepted` names keys of the Metronome request body that have no bearing on an invoice and are dropped on reading.
    `later` names keys that do have one and that duckbill does not bill yet: they are refused unless empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    references: ClassVar[Mapping[str, str]] = {}
    null_means: ClassVar[Mapping[str, object]] = {}
    reference_lists: ClassVar[Mapping[str, str]] = {}
    accepted: ClassVar[frozenset[str]] = frozenset()
    later: ClassVar[frozenset[str]] = frozenset()

    def findings(self) -> Iterator[Finding]:
        """The rules this object breaks taken by itself."""
        return iter(())

    @model_validator(mode="after")
    def _obey(self) -> Self:
        found = tuple(self.findings())
        if found:
            message = "; ".join(finding.what for finding in found)
            raise PydanticCustomError("rules", "{message}", {"message": message, "findings": found})
        return self


#: Keys that every object of the Metronome API may carry in a response.
RESPONSE_KEYS = frozenset({"created_at", "created_by", "updated_at", "updated_by"})


def interval_findings(starting_at: datetime | None, ending_before: datetime | None) -> Iterator[Finding]:
    """An interval that ends before it starts, or that is empty."""
    if starting_at is not None and ending_before is not None and ending_before <= starting_at:
        end, start = format_instant(ending_before), format_instant(starting_at)
        what = f"ending_before {end} is not after starting_at {start}"
        yield Finding(("ending_before",), what, "the end is exclusive and must be later")
