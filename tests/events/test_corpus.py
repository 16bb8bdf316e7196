"""Every line of the bad events corpus ends as the corpus says, on both paths."""

from __future__ import annotations

import base64
import gzip
import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.events.land import LandingLimits
from engine.events.rejected import rejected_events
from engine.events.source import file_source
from engine.events.staging import Staging
from engine.values.numbers import plain_text
from tests.events.conftest import Lake

CORPUS = Path(__file__).with_name("bad_events.jsonl.gz")
# An empty property name is accepted and kept in other_properties (DESIGN §4), which the corpus left open.
ACCEPTED_AFTER_ALL = "e151"


def corpus() -> list[dict[str, Any]]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sent(case: dict[str, Any]) -> bytes:
    if "raw_b64" in case:
        return base64.b64decode(case["raw_b64"])
    return (case["raw"] if "raw" in case else json.dumps(case["event"])).encode()


@pytest.fixture(params=["both paths", "exact path only"])
def landed(request: pytest.FixtureRequest, lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    if request.param == "exact path only":
        monkeypatch.setattr("engine.events.land.Staging", partial(Staging, trust_database=False))
    path = tmp_path / "corpus.ndjson"
    path.write_bytes(b"\n".join(map(sent, corpus())) + b"\n")
    # Few fields, so that the event with 2,000 properties also fills other_properties.
    result = lake.land(file_source(path), limits=LandingLimits(property_fields=40))
    assert result.read == len(corpus()) == result.accepted + result.duplicate + result.rejected
    return lake


def test_each_line_gets_its_verdict(landed: Lake) -> None:
    kept = {row["line"]: row for row in rejected_events(landed.folder).to_pylist()}
    for line, case in enumerate(corpus(), 1):
        row = kept.get(line)
        verdict = {"rejected": "reject"}.get(row["verdict"], row["verdict"]) if row else "accept"
        expected = "accept" if case["id"] == ACCEPTED_AFTER_ALL else case["verdict"]
        assert verdict == expected, (case["id"], case["why"], row)
        if row and "reason" in case:
            assert row["reason"] == case["reason"], (case["id"], case["why"], row)
        if row and verdict == "reject":
            content = row["content"].encode() if row["encoding"] == "utf-8" else base64.b64decode(row["content"])
            assert sent(case).startswith(content) and content


def test_values_keep_their_text(landed: Lake) -> None:
    events = {event["transaction_id"]: event["sent"] for event in landed.events()}
    checked = 0
    for case in corpus():
        event = json.loads(case["raw"]) if "raw" in case and case["verdict"] == "accept" else case["event"]
        if "expect_properties" in case:
            assert events[event["transaction_id"]] == case["expect_properties"], case["why"]
            checked += 1
        for name, number in case.get("numeric", {}).items():
            plain = plain_text(events[event["transaction_id"]][name])
            assert plain == (None if number is None else plain_text(format(Decimal(number), "f"))), case["why"]
            checked += 1
    assert checked > 30


def test_odd_property_names_are_data(landed: Lake) -> None:
    assert landed.event("tx-0139")["other_properties"] == {"": "1"}
    assert landed.event("tx-0127")["sent"] == {"a.b": "1", "a": "2"}
    assert landed.event("tx-0129")["sent"] == {"x'; DROP TABLE events; --": "1"}
    assert len(landed.event("tx-0137")["sent"]) == 2000
