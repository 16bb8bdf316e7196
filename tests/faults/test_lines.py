"""100,000 fuzzed lines each end with the verdict and the reason that an independent judge gives them."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from tests.faults.fuzzed_lines import NOW, LineFuzzer
from tests.faults.judge import REASONS, Accepted, judged, lines_of
from tests.faults.lines import LineFault, fuzz

pytestmark = pytest.mark.long

LINES = 25_000


@pytest.mark.parametrize("seed", range(4))
def test_every_line_ends_as_the_judge_says(seed: int) -> None:
    counts = fuzz(seed, LINES)
    print(counts)
    assert counts.lines >= LINES
    assert counts.lines == counts.accepted + counts.duplicate + counts.reasons.total()
    assert counts.accepted > LINES / 4 and counts.duplicate > LINES / 100
    # Too many properties and too long lines are costly, hence few.
    assert set(counts.reasons) >= REASONS - {"too_large", "too_many_properties"}
    assert counts.refused_files > 0


def test_a_wrong_verdict_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = r"(?:\d|[^\x00])*"
    monkeypatch.setitem(__import__("engine.events.staging", fromlist=["_PATTERNS"])._PATTERNS, "plain_line", pattern)
    with pytest.raises(LineFault, match="seed 1, step 0"):
        fuzz(1, 2_000)


def test_the_judge_agrees_with_the_corpus() -> None:
    landed: dict[str, Accepted] = {}
    with gzip.open("tests/events/bad_events.jsonl.gz", "rt", encoding="utf-8") as cases:
        for case in map(json.loads, cases):
            text = case["raw"] if "raw" in case else json.dumps(case.get("event"))
            outcome = judged(base64.b64decode(case["raw_b64"]) if "raw_b64" in case else text.encode(), NOW)
            if isinstance(outcome, str):
                assert case["verdict"] == "reject", case["why"]
                continue
            # An empty property name is accepted (DESIGN §4).
            wanted = "duplicate" if outcome.transaction_id in landed else "accept"
            assert case["verdict"] == wanted or case["id"] == "e151", case["why"]
            landed.setdefault(outcome.transaction_id, outcome)


def test_fuzzed_lines_are_of_every_kind() -> None:
    outcomes = [judged(line, NOW) for _, line in lines_of(LineFuzzer("kinds").file(20_000))]
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} >= REASONS - {
        "too_large",
        "too_many_properties",
    }
    assert len(accepted) > 5_000
    assert any(isinstance(value, tuple) for event in accepted for value in event.properties.values())
