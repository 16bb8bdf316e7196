"""The database's path and the exact parser's path give the same columns, verdicts and reasons."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from engine.events.exact_json import RefusedEvent, parse_event
from engine.events.plain_json import REPRODUCED_NUMBER, plain_line_pattern
from engine.events.rejected import rejected_events
from engine.events.staging import Staging
from tests.events.conftest import Lake

VALUES = [
    '"x"', '"\\u00e9\\n"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u0000"', '"a\\"b\\\\"', "0", "-0", "1", "-17", "1.5",
    "1.50", "0.000001", "1e3", "1E-7", "123456789012345678", "1234567890123456789", "0.1000000000000000055", "true",
    "false", "null", '":5,"', '": 1.10}"', "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "{}", "[]",
    '{"a": 1.10, "b": [1, 1e2]}',
    '[{"k": "v", "k": 1}]', '"é"', '"\x7f"', "truE", '"tab\there"', '""',
]  # fmt: skip
NAMES = ['"a"', '"b"', '"A"', '"c d"', '"x\'; --"', '""', '"\\u0061"', '"nul\\u0000"', '"é"', '"$.a"', '"a.b"']
TIMES = [
    "2026-03-19T12:00:00Z", "2026-03-19t12:00:00.1234567z", "2026-03-19T12:00:00.5+05:30", "2026-02-30T00:00:00Z",
    "2025-03-19T12:00:00Z", "2026-04-19T12:00:00Z", "now", "2026-03-19T12:00:00", "2026-03-19T12:00:00\\u005a",
]  # fmt: skip


def random_line(dice: random.Random, number: int) -> str:
    """An event line, mostly acceptable, sometimes broken in one of many ways."""
    blank = dice.choice(["", " ", "\t"])
    members = {
        "transaction_id": dice.choice([f'"t{number}"'] * 20 + ['""', '"  "', "5", "null", f'"{"x" * 129}"', '"a\\tb"']),
        "customer_id": dice.choice(['"c1"'] * 20 + ['"ü"', '""', "{}", '"a\x85b"']),
        "event_type": dice.choice(['"call"'] * 20 + ['""', "true", '" "']),
        "timestamp": dice.choice([f'"{time}"' for time in TIMES] + [f'"{TIMES[0]}"'] * 20 + ["1"]),
    }
    pairs = [(dice.choice(NAMES[:3] * 4 + NAMES), dice.choice(VALUES)) for _ in range(dice.randrange(4))]
    bag = f",{blank}".join(f"{name}{blank}:{value}" for name, value in pairs)
    members["properties"] = dice.choice([f"{{{bag}}}"] * 20 + ["null", "[]", '"x"'])
    items = [(f'"{name}"', value) for name, value in members.items() if dice.random() > 0.02]
    if dice.random() < 0.1:
        items.append((dice.choice(['"extra"', '"transaction_i"', '"timestamps"', '"event_type"']), dice.choice(VALUES)))
    if dice.random() < 0.2:
        dice.shuffle(items)
    line = f"{{{blank}" + f"{blank},{blank}".join(f"{name}:{blank}{value}" for name, value in items) + "}"
    if dice.random() < 0.05:
        at = dice.randrange(len(line))
        line = line[:at] + dice.choice(["", "}", '"', ",", "\\", " "]) + line[at + 1 :]
    return line + dice.choice(["", "", "\r"])


def outcome(lake: Lake, lines: list[str]) -> tuple[Any, ...]:
    result = lake.land_lines(*lines)
    kept = rejected_events(lake.folder).select(["line", "verdict", "reason", "transaction_id", "content"])
    events = [
        {name: event[name] for name in event if name not in {"properties", "batch_id"}} for event in lake.events()
    ]
    return result.reasons, result.unknown_fields, kept.to_pylist(), events


@pytest.mark.parametrize("seed", range(3))
def test_fuzzed_lines_end_alike_on_both_paths(
    seed: int, tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    # More lines than the first look, so that known shapes, plain lines and exact lines all occur.
    monkeypatch.setattr("engine.events.staging._FIRST_LOOK", 200)
    lines = [random_line(dice, number) for number in range(1500)]
    lines += [random_plain(dice, number) for number in range(1500, 3000)]
    dice.shuffle(lines)
    database = outcome(Lake(tmp_path / "database", connection), lines)
    monkeypatch.setattr("engine.events.land.Staging", partial(Staging, trust_database=False))
    exact = outcome(Lake(tmp_path / "exact", connection), lines)
    assert len(database[0]) > 6 and len(database[3]) > 1000
    for mine, other in zip(database, exact, strict=True):
        assert mine == other


def random_plain(dice: random.Random, number: int) -> str:
    time = dice.choice([TIMES[0]] * 10 + ["2026-02-30T00:00:00Z", "2025-01-01T00:00:00Z", "2026-05-01T00:00:00Z"])
    event = {
        "transaction_id": dice.choice([f"p{number}"] * 30 + ["x" * 128, "x" * 129]),
        "customer_id": "c1",
        "event_type": "call",
        "timestamp": time,
        "properties": {"a": dice.randrange(100), "b": str(dice.randrange(100))},
    }
    return json.dumps(event)


def test_fast_paths_are_used(lake: Lake, line: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(text: str) -> None:
        raise AssertionError(f"the exact parser was asked for {text}")

    monkeypatch.setattr("engine.events.staging._FIRST_LOOK", 10)
    monkeypatch.setattr("engine.events.staging.parse_event", forbidden)
    lines = [line(f"t{n}", {"n": n, "s": "é", "f": 0.25, "b": True, "z": None}) for n in range(100)]
    lines += [sent.replace("t1", "q1").replace("0.25", "1.50e+3") for sent in lines[10:20]]
    assert lake.land_lines(*lines).accepted == 110
    assert lake.event("t7")["sent"] == {"n": "7", "s": "é", "f": "0.25", "b": "true"}
    assert lake.event("q17")["sent"] == {"n": "17", "s": "é", "f": "1.50e+3", "b": "true"}


def test_text_that_looks_like_a_number_after_a_key_is_left_alone(lake: Lake, line: Callable[..., str]) -> None:
    texts = {"a": ":5,", "b": ": 1.10}", ":1,": "x", "c": '":5,', "d": ':1,"', "n": 1.5e300}
    lake.land_lines(line("t1", texts), line("t2", {"s": ":5,"}).replace('":5,"', '":5,","f":1.10'))
    assert lake.event("t1")["sent"] == texts | {"n": "1.5e+300"}
    assert lake.event("t2")["sent"] == {"s": ":5,", "f": "1.10"}


def test_numbers_called_reproducible_are_reproduced(connection: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(5)

    def literal() -> str:
        sign = dice.choice(["", "-"])
        whole = dice.choice(["0", "0", str(dice.randrange(1, 10 ** dice.randrange(1, 20)))])
        zeros = "0" * dice.randrange(5)
        digits = zeros + "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 7)))
        return sign + whole + dice.choice(["", f".{digits}", f".{digits}", f"e{dice.randrange(5)}"])

    literals = pa.table(
        {"literal": [literal() for _ in range(50_000)] + ["0.0001", "0.00011", "999999999.999999", "-0.1"]}
    )
    connection.register("literals", literals)
    query = """
        SELECT
            count(*),
            count(*) FILTER (literal <> json_extract_string('{"n":' || literal || '}', '$.n')),
            count(*) FILTER (literal <> json_transform('{"n":' || literal || '}', '{"n": "VARCHAR"}').n)
        FROM literals WHERE regexp_full_match(literal, $pattern)
    """
    ((tested, extracted, transformed),) = connection.execute(query, {"pattern": REPRODUCED_NUMBER}).fetchall()
    assert tested > 10_000
    assert (extracted, transformed) == (0, 0)


def test_every_plain_line_is_strict_json(connection: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(6)
    lines = [random_line(dice, number) for number in range(20_000)]
    connection.register("lines", pa.table({"line": lines}))
    query = "SELECT line FROM lines WHERE regexp_full_match(line, $pattern)"
    plain = connection.execute(query, {"pattern": plain_line_pattern()}).fetchall()
    assert len(plain) > 5_000
    for (text,) in plain:
        try:
            parse_event(text.strip())
        except RefusedEvent as refused:
            assert refused.reason in {"duplicate_key", "missing_field"}, text


def test_nested_values_keep_their_text_but_for_numbers_that_would_change(lake: Lake, line: Callable[..., str]) -> None:
    sent = line("t1", {"deep": "?"}).replace('"?"', '{ "a" : [1, 1.10, "1.10"],"b":1e3 }')
    lake.land_lines(sent)
    assert lake.event("t1")["sent"] == {"deep": '{ "a" : [1, "1.10", "1.10"],"b":"1e3" }'}
