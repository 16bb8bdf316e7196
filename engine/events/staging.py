"""Staging: every line becomes a staged event or a refusal, chunk by chunk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import sqlglot.expressions as exp

from engine.events.database import one_number, registered
from engine.events.exact_json import MAX_PROPERTIES, ParsedEvent, RefusedEvent, parse_event
from engine.events.fixed_sql import fixed_sql
from engine.events.known_shapes import KnownShapes
from engine.events.lines import LineChunk
from engine.events.plain_json import JSON_NUMBER, MEMBER_NUMBER, TEXT_FIELDS, plain_line_pattern
from engine.events.property_columns import PropertyColumns
from engine.events.refusal import KEPT_BYTES, Refusal, kept_text

_REFUSAL = "landing.refusal(transaction_id, customer_id, event_type, sent, instant, $earliest, $latest)"

#: Lines read the general way before any shape is known.
_FIRST_LOOK = 4096

#: Lines, and their characters, that the exact parser makes Python objects of at once.
_EXACT_LINES = 16 * 1024
_EXACT_CHARACTERS = 4 * 1024 * 1024

#: Top-level fields that are counted by name, by so much of it; all others are counted together.
_UNKNOWN_NAMES = 1000
_UNKNOWN_CHARACTERS = 200
OTHER_NAMES = "(other names)"

_NO_LINE = r"[^\x00-\x{10FFFF}]"
_PATTERNS = {
    "plain_line": plain_line_pattern(),
    "numbers_aside": plain_line_pattern(JSON_NUMBER),
    "member_number": MEMBER_NUMBER,
}
_KNOWN_FIELDS = frozenset({*TEXT_FIELDS, "properties"})
_REFUSED = pa.schema(
    [
        ("line_no", pa.int64()),
        *((name, pa.string()) for name in ("reason", "detail", "transaction_id", "content", "encoding")),
    ]
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of some plain lines of a chunk, in the order sent, and how many lines have them."""

    keys: list[list[str] | None]
    lines: int

    @property
    def top(self) -> list[str]:
        return self.keys[0] or []

    @property
    def properties(self) -> list[str]:
        return self.keys[1] or []

    @property
    def is_sound(self) -> bool:
        """Whether these keys break no rule."""
        return (
            {*TEXT_FIELDS} <= set(self.top)
            and len(set(self.top)) == len(self.top)
            and len(set(self.properties)) == len(self.properties) <= MAX_PROPERTIES
        )

    def is_regular(self, columns: PropertyColumns) -> bool:
        """Whether the database can take every member of these lines to its column."""
        return self.is_sound and all(map(columns.is_field, self.properties))


class Staging:
    """The tables of one landing (`sql/tables.sql`) and what was counted while filling them.

    Without `trust_database` every line takes the exact path; the result is the same.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: PropertyColumns,
        earliest: datetime,
        latest: datetime,
        *,
        trust_database: bool = True,
    ) -> None:
        self.connection = connection
        self.columns = columns
        self.read = 0
        self.unknown_fields: Counter[str] = Counter()
        self._limits = {"earliest": earliest, "latest": latest}
        self._patterns = _PATTERNS if trust_database else dict.fromkeys(_PATTERNS, _NO_LINE)
        self._shapes = KnownShapes()
        self._shapes_help = True

    def add(self, chunk: LineChunk) -> None:
        """Stages one chunk of lines."""
        self._refuse(chunk.refused)
        self.read += len(chunk.refused)
        lines = chunk.lines
        if self._shapes.pattern is None and lines.num_rows > 2 * _FIRST_LOOK:
            self._add_lines(lines.slice(0, _FIRST_LOOK))
            lines = lines.slice(_FIRST_LOOK)
        if lines.num_rows:
            self._add_lines(lines)

    def _add_lines(self, lines: pa.Table) -> None:
        first_line = {"first_line": lines.column("line_no")[0].as_py()}
        with registered(self.connection, "chunk_lines", lines):
            unread = self._add_known(lines.num_rows, first_line)
            if unread:
                self.connection.execute(fixed_sql("chunk"), self._patterns)
                self._add_plain()
                self._add_exact()
            if one_number(self.connection, fixed_sql("count_broken"), first_line):
                self.connection.execute(fixed_sql("refuse_staged"), first_line | {"kept": KEPT_BYTES})
                self.connection.execute(fixed_sql("drop_refused"), first_line)

    def _add_known(self, lines: int, first_line: dict[str, int]) -> int:
        """Stages the lines of known shapes; returns how many are left in landing.unread."""
        pattern = self._shapes.pattern
        if pattern is None or not self._shapes_help:
            self.connection.execute(fixed_sql("all_unread"))
            return lines
        staged = one_number(self.connection, self._insert_known().sql("duckdb"), self._limits | {"known_line": pattern})
        self.read += staged
        self._shapes_help = 2 * staged > lines
        if staged < lines:
            self.connection.execute(fixed_sql("unread"), first_line)
        return lines - staged

    def _add_plain(self) -> None:
        shapes = self._plain_shapes()
        names: Counter[str] = Counter()
        for shape in shapes:
            # What only refused events name becomes no field.
            for name in shape.properties if shape.is_sound else ():
                names[name] += shape.lines
        self._meet(names)
        odd = [shape for shape in shapes if not shape.is_regular(self.columns)]
        if odd:
            self._leave_to_exact_parser(odd)
        regular = [shape for shape in shapes if shape not in odd]
        if not regular:
            return
        self.connection.execute(self._insert_plain().sql("duckdb"), self._limits)
        for shape in regular:
            self.read += shape.lines
            self._shapes.meet(shape.top, shape.properties, shape.lines)
            for name in shape.top:
                if name not in _KNOWN_FIELDS:
                    self._count_unknown(name, shape.lines)
        self._shapes.learn()

    def _plain_shapes(self) -> list[_Shape]:
        found = self.connection.execute(fixed_sql("shapes")).fetchall()
        return [_Shape(keys, lines) for keys, lines in found]

    def _meet(self, names: Counter[str]) -> None:
        for name in self.columns.meet(names):
            column = exp.ColumnDef(
                this=exp.to_identifier(self.columns.column(name)), kind=exp.DataType.build("VARCHAR")
            )
            table = exp.Alter(this=_table("staged"), kind="TABLE", actions=[column])
            self.connection.execute(table.sql("duckdb"))

    def _leave_to_exact_parser(self, odd: Iterable[_Shape]) -> None:
        keys = pa.array([shape.keys for shape in odd], pa.list_(pa.list_(pa.string())))
        with registered(self.connection, "odd_shapes", pa.table({"keys": keys})):
            self.connection.execute(fixed_sql("odd_shapes"))

    def _add_exact(self) -> None:
        rows = self.connection.execute(fixed_sql("exact_lines")).fetchall()
        for batch in _batches(rows):
            self._add_exact_lines(batch)

    def _add_exact_lines(self, rows: Iterable[tuple[int, str]]) -> None:
        events: list[tuple[int, ParsedEvent]] = []
        refused: list[Refusal] = []
        for line_no, line in rows:
            text = line.strip(" \t\r\n")
            if not text:
                continue
            self.read += 1
            try:
                event = parse_event(text)
            except RefusedEvent as error:
                refused.append(Refusal(line_no, error.reason, error.detail, error.transaction_id, kept_text(line)))
            else:
                events.append((line_no, event))
        self._refuse(refused)
        self._meet(Counter(name for _, event in events for name in event.properties))
        for _, event in events:
            for name in event.unknown_fields:
                self._count_unknown(name, 1)
        if events:
            with registered(self.connection, "exact_events", self._exact_table(events)):
                self.connection.execute(self._insert_exact().sql("duckdb"), self._limits)

    def _exact_table(self, events: list[tuple[int, ParsedEvent]]) -> pa.Table:
        columns: dict[str, pa.Array] = {"line_no": pa.array([line_no for line_no, _ in events], pa.int64())}
        for field in TEXT_FIELDS:
            columns[field] = pa.array([getattr(event, field) for _, event in events], pa.string())
        is_field = self.columns.is_field
        others = [
            [(name, text) for name, text in event.properties.items() if text is not None and not is_field(name)] or None
            for _, event in events
        ]
        columns["other_properties"] = pa.array(others, pa.map_(pa.string(), pa.string()))
        for name in self.columns.staged:
            texts = [event.properties.get(name) for _, event in events]
            columns[self.columns.column(name)] = pa.array(texts, pa.string())
        return pa.table(columns)

    def _count_unknown(self, name: str, lines: int) -> None:
        """Counts a top-level field that is ignored; its name is the sender's, so it may be anything."""
        name = name[:_UNKNOWN_CHARACTERS]
        known = name in self.unknown_fields or len(self.unknown_fields) < _UNKNOWN_NAMES
        self.unknown_fields[name if known else OTHER_NAMES] += lines

    def _refuse(self, refusals: Iterable[Refusal]) -> None:
        kept = list(refusals)
        if kept:
            columns = [[getattr(refusal, name) for refusal in kept] for name in _REFUSED.names]
            with registered(self.connection, "refusals", pa.table(columns, schema=_REFUSED)):
                self.connection.execute("INSERT INTO landing.refused SELECT * FROM refusals")

    def _insert_known(self) -> exp.Insert:
        """Lines of known shapes, which break no rule but those of time."""
        known = exp.Anonymous(
            this="regexp_full_match", expressions=[exp.column("line"), exp.Placeholder(this="known_line")]
        )
        lines = exp.select("line_no", self._parsed_line().as_("event")).from_("chunk_lines").where(known)
        return self._insert(
            self._event_columns(lines),
            "landing.known_instant(sent)",
            "landing.known_refusal(transaction_id, instant, $earliest, $latest)",
        )

    def _insert_plain(self) -> exp.Insert:
        """Plain lines parsed by the database; any rule may still be broken."""
        lines = exp.select("line_no", self._parsed_line().as_("event")).from_(_table("chunk"))
        return self._insert(self._event_columns(lines.where("keys IS NOT NULL")))

    def _parsed_line(self) -> exp.Expression:
        """The line as one struct with every known field, parsed once."""
        structure: dict[str, object] = dict.fromkeys(TEXT_FIELDS, "VARCHAR")
        if self.columns.staged:
            structure["properties"] = dict.fromkeys(self.columns.staged, "VARCHAR")
        return exp.Anonymous(
            this="json_transform", expressions=[exp.column("line"), exp.Literal.string(json.dumps(structure))]
        )

    def _event_columns(self, lines: exp.Select) -> exp.Select:
        event = exp.column("event")
        bag = _field(event, "properties")
        fields = [_field(event, name).as_("sent" if name == "timestamp" else name) for name in TEXT_FIELDS]
        values = [_field(bag, name).as_(self.columns.column(name)) for name in self.columns.staged]
        nothing = exp.cast(exp.null(), "MAP(VARCHAR, VARCHAR)").as_("other_properties")
        return exp.select("line_no", *fields, *values, nothing).from_(lines.subquery("lines"))

    def _insert_exact(self) -> exp.Insert:
        fields = ["transaction_id", "customer_id", "event_type", "timestamp AS sent", "other_properties"]
        values = [self.columns.column(name) for name in self.columns.staged]
        return self._insert(exp.select("line_no", *fields, *values).from_("exact_events"))

    def _insert(
        self,
        events: exp.Select,
        instant: str = "landing.event_instant(sent)",
        refusal: str = _REFUSAL,
    ) -> exp.Insert:
        timed = exp.select("*", exp.alias_(instant, "instant")).from_(events.subquery("sent_events"))
        kept = ["line_no", "transaction_id", "customer_id", "event_type", "other_properties"]
        values = [self.columns.column(name) for name in self.columns.staged]
        checked = exp.select(
            *kept,
            "instant AS timestamp",
            exp.alias_(exp.maybe_parse(refusal, dialect="duckdb"), "refusal"),
            *values,
            dialect="duckdb",
        ).from_(timed.subquery("timed"))
        targets = [exp.to_identifier(name) for name in (*kept, "timestamp", "refusal", *values)]
        return exp.Insert(this=exp.Schema(this=_table("staged"), expressions=targets), expression=checked)


def _batches(rows: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """The lines a few at a time: parsed, they take many times the memory of their text."""
    batch: list[tuple[int, str]] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += len(row[1])
        if characters > _EXACT_CHARACTERS or len(batch) == _EXACT_LINES:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _table(name: str) -> exp.Table:
    return exp.table_(name, db="landing")


def _field(struct: exp.Expression, name: str) -> exp.Expression:
    return exp.Anonymous(this="struct_extract", expressions=[struct.copy(), exp.Literal.string(name)])
