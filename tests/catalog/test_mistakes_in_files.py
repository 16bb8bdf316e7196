"""Mistakes in keys, types, names and the file itself: the exact words and places that a user gets.

Each case changes one passage of `written.GOOD`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.written import Mistake, good_with, said

MISTAKES = (
    Mistake(
        "unknown section",
        "customers:\n",
        "custmers:\n",
        "35:1: unknown section 'custmers'; did you mean 'customers'?",
    ),
    Mistake(
        "unknown key",
        "    ingest_aliases: [acme]",
        "    ingest_alias: [acme]",
        "37:5: unknown key 'ingest_alias'; did you mean 'ingest_aliases'?",
    ),
    Mistake(
        "unknown enum",
        "aggregation_type: SUM",
        "aggregation_type: SUMM",
        "3:23: unknown aggregation_type 'SUMM'; did you mean 'SUM'?",
    ),
    Mistake(
        "enum of wrong type",
        "aggregation_type: SUM",
        "aggregation_type: 3",
        "3:23: aggregation_type: expected text, found the number 3; one of COUNT, SUM, MAX, UNIQUE, LATEST",
    ),
    Mistake(
        "wrong type",
        "  - name: Acme\n",
        "  - name: 17\n",
        "36:11: name: expected text, found the number 17; put it in quotes",
        "39:15: unknown customer 'Acme'; none is defined",
    ),
    Mistake(
        "item is no mapping",
        "  - name: Support\n    type: FIXED\n",
        "  - Support\n",
        "19:5: expected a product, found the text 'Support'; a mapping such as {name: ...}",
    ),
    Mistake(
        "section is no list",
        "rate_cards:\n  - name: List\n    aliases: [{name: standard}]\n",
        "rate_cards: {name: List}\n",
        "24:13: rate_cards: expected a list, found a mapping; start each item with a dash",
    ),
    Mistake(
        "text for a flag",
        "entitled: true",
        "entitled: 'true'",
        "31:15: entitled: expected true or false, found the text 'true'; write true without quotes",
    ),
    Mistake(
        "YAML 1.1 flag",
        "entitled: true",
        "entitled: yes",
        "31:15: entitled: expected true or false, found the text 'yes'",
    ),
    Mistake(
        "text for a list",
        "group_keys: [[model, user_id]]",
        "group_keys: [model]",
        "10:18: group_keys: expected a list, found the text 'model'",
    ),
    Mistake(
        "missing key",
        "    entitled: true\n",
        "",
        "28:5: missing key 'entitled'; add it",
    ),
    Mistake(
        "duplicate name",
        "  - name: Support\n",
        "  - name: Tokens\n",
        "19:11: product name 'Tokens' is already taken; first given at catalog/c.yml:12",
    ),
    Mistake(
        "duplicate id",
        "  - name: Acme\n",
        "  - {name: A, id: x}\n  - {name: B, id: x}\n  - name: Acme\n",
        "37:19: customer id 'x' is already taken; first given at catalog/c.yml:36",
    ),
    Mistake(
        "duplicate alias",
        "  - name: Acme\n",
        "  - {name: Other, ingest_aliases: [acme]}\n  - name: Acme\n",
        (
            "38:22: ingest alias 'acme' already stands for customer 'Other'; see catalog/c.yml:36; an event "
            "belongs to one customer"
        ),
    ),
    Mistake(
        "alias twice",
        "ingest_aliases: [acme]",
        "ingest_aliases: [acme, acme]",
        "37:28: ingest alias 'acme' is given twice; give it once",
    ),
    Mistake(
        "archived product",
        "    type: FIXED\n",
        "    type: FIXED\n    archived_at: 2026-01-01T00:00:00Z\n",
        "21:5: duckbill does not bill archived_at yet; remove it",
    ),
    Mistake(
        "source is no key",
        "  - name: tokens\n",
        "  - name: tokens\n    source: x\n",
        "3:5: unknown key 'source'; remove it",
    ),
    Mistake(
        "merge key",
        "  - name: Support\n",
        "  - <<: {name: x}\n    name: Support\n",
        "19:5: merge keys (<<) are not supported; write the keys out",
    ),
    Mistake(
        "duplicate key",
        "    price: 1.50\n",
        "    price: 1.50\n    price: 2.50\n",
        "34:5: key 'price' is given twice; keep one of them",
    ),
    Mistake(
        "not YAML",
        "    price: 1.50\n",
        "    price: [1.50\n",
        "34:25: not valid YAML: while parsing a flow sequence did not find expected ',' or ']'",
    ),
    Mistake(
        "tag",
        "price: 1.50",
        "price: !!float 1.50",
        "33:12: tag 'tag:yaml.org,2002:float' is not allowed; remove the tag; quote what is to be text",
    ),
    Mistake(
        "a list at the top",
        "billable_metrics:\n",
        "- x\nbillable_metrics:\n",
        "2:1: not valid YAML: while parsing a block collection did not find expected '-' indicator",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, {"catalog/c.yml": good_with(mistake.old, mistake.new)}) == expected
