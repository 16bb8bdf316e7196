"""Verdicts on random events, against a reading of the rules that shares nothing with the engine."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from engine.catalog.metric import Aggregation, BillableMetric, EventTypeFilter, PropertyFilter
from engine.metrics.scope import PropertyStore
from engine.reports.event_probe import EventProbe
from engine.reports.landed_event import find_event, read_event
from engine.reports.metric_matches import match_metric
from tests.events_shown.shop import NOW, event, make_shop
from tests.events_shown.test_examples import NAMES, TYPES, VALUES, counted


def _metric(random: Random, number: int) -> BillableMetric:
    def some(values: tuple[str, ...]) -> tuple[str, ...] | None:
        return None if random.random() < 0.6 else tuple(random.sample(values, random.randint(1, 3)))

    aggregation = random.choice(list(Aggregation))
    names = random.sample(NAMES, random.randint(1, 3))
    filters = []
    for name in names:
        wanted = some(VALUES)
        exists = random.choice([None, None, True, *([] if wanted or name == names[0] else [False])])
        filters.append(PropertyFilter(name=name, exists=exists, in_values=wanted, not_in_values=some(VALUES)))
    return BillableMetric(
        id=str(number),
        name=str(number),
        aggregation_type=aggregation,
        aggregation_key=None if aggregation is Aggregation.COUNT else names[0],
        event_type_filter=EventTypeFilter(in_values=some(TYPES), not_in_values=some(TYPES)),
        property_filters=tuple(filters),
    )


@pytest.mark.parametrize("seed", range(2))
def test_verdicts_on_random_events(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    metrics = [_metric(random, number) for number in range(8)]
    sent = [
        event(
            f"t{number}",
            {name: random.choice((*VALUES, '{"b": "x"}')) for name in NAMES if random.random() < 0.6},
            event_type=random.choice(TYPES),
        )
        for number in range(25)
    ]
    shop = make_shop(tmp_path / "shop")
    assert shop.land(sent, now=NOW).accepted == len(sent)
    seen = set()
    with shop.connect() as connection:
        for each in sent:
            (place,) = find_event(connection, shop.lake, str(each["transaction_id"]))
            landed = read_event(connection, shop.lake, place)
            assert landed.properties == each["properties"]
            probe = EventProbe(connection, PropertyStore(place.file.profile))
            for metric in metrics:
                match = match_metric(metric, probe)
                seen.add(match.outcome)
                assert match.matched == counted(metric, {**each, "ingested_at": landed.ingested_at}), match.reason
                assert match.matched == (match.reason == "")
    assert seen == {"matched", "not_matched", "invalid_value"}
