"""Mistakes in contracts and overrides: the exact words and places that a user gets.

Each case changes one passage of `written.GOOD`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.written import Mistake, good_with, said

MISTAKES = (
    Mistake(
        "unknown customer",
        "customer: Acme",
        "customer: Acne",
        "39:15: unknown customer 'Acne'; did you mean 'Acme'?",
    ),
    Mistake(
        "unknown alias",
        "    rate_card: List\n    starting_at: 2026-01-01T00:00:00Z\n    usage",
        "    rate_card_alias: standart\n    starting_at: 2026-01-01T00:00:00Z\n    usage",
        "40:22: no rate card has the alias 'standart' on 2026-01-01T00:00:00Z; did you mean 'standard'?",
    ),
    Mistake(
        "id and name",
        "customer: Acme",
        "customer: Acme\n    customer_id: Acme",
        "39:5: customer_id and customer are both given; keep one of them",
    ),
    Mistake(
        "later contract feature",
        "    usage_statement_schedule: {frequency: MONTHLY}\n",
        ("    reseller_royalties: [{}]\n    spend_trackers: [{alias: x}]\n    credits: []\n"),
        "42:5: duckbill does not bill reseller_royalties yet; remove it",
        "43:5: duckbill does not bill spend_trackers yet; remove it",
    ),
    Mistake(
        "CUSTOM_DATE without anchor",
        "{frequency: MONTHLY}",
        "{frequency: MONTHLY, day: CUSTOM_DATE}",
        "42:57: CUSTOM_DATE needs a billing_anchor_date; say when a period starts",
    ),
    Mistake(
        "anchor off the hour",
        "{frequency: MONTHLY}",
        "{day: custom_date, billing_anchor_date: '2026-01-01T00:00:01Z'}",
        ("42:71: billing_anchor_date: 2026-01-01T00:00:01Z is not on the hour; prices change on full UTC hours only"),
    ),
    Mistake(
        "unknown frequency",
        "{frequency: MONTHLY}",
        "{frequency: DAILY}",
        "42:43: unknown frequency 'DAILY'; known: 'ANNUAL', 'MONTHLY', 'QUARTERLY', 'WEEKLY'",
    ),
    Mistake(
        "override of an unpriced product",
        "        product: Tokens\n",
        "        product: Calls\n",
        "47:18: product 'Calls' has no rate on rate card 'List'; known: 'Tokens'",
    ),
    Mistake(
        "override of a tag that nobody has",
        "        product: Tokens\n",
        "        applicable_product_tags: [lm]\n",
        "47:35: no product has the tag 'lm'; did you mean 'llm'?",
    ),
    Mistake(
        "two targets",
        "        product: Tokens\n",
        "        product: Tokens\n        applicable_product_tags: [llm]\n",
        "48:34: product_id and applicable_product_tags exclude each other; keep one of them",
    ),
    Mistake(
        "empty target",
        "        product: Tokens\n",
        "        applicable_product_tags: []\n",
        "47:34: applicable_product_tags is empty; leave it out to apply to every product",
    ),
    Mistake(
        "MULTIPLIER without multiplier",
        "        multiplier: 0.9\n",
        "",
        "44:9: a MULTIPLIER override needs a multiplier",
    ),
    Mistake(
        "OVERWRITE with multiplier",
        "type: MULTIPLIER",
        "type: OVERWRITE",
        "44:9: an OVERWRITE override needs an overwrite_rate",
        (
            "46:21: multiplier belongs to type MULTIPLIER, and type is OVERWRITE; set type: MULTIPLIER, or "
            "remove multiplier"
        ),
    ),
    Mistake(
        "multiplier without type",
        "        type: MULTIPLIER\n",
        "",
        (
            "45:21: multiplier belongs to type MULTIPLIER, and type is not given; set type: MULTIPLIER, or "
            "remove multiplier"
        ),
    ),
    Mistake(
        "override changes nothing",
        "        type: MULTIPLIER\n        multiplier: 0.9\n",
        "",
        "44:9: an override changes nothing; give it a type, or entitled",
    ),
    Mistake(
        "commit-specific override",
        "        multiplier: 0.9\n",
        "        multiplier: 0.9\n        is_commit_specific: true\n        target: COMMIT_RATE\n",
        "48:17: product 'Tokens' has no commit rate on rate card 'List'; give its rate a commit_rate, or set "
        "target: LIST_RATE",
    ),
    Mistake(
        "override off the hour",
        "starting_at: 2026-02-01T00:00:00Z",
        "starting_at: 2026-02-01T00:00:00.5Z",
        ("44:22: starting_at: 2026-02-01T00:00:00.500000Z is not on the hour; prices change on full UTC hours only"),
    ),
    Mistake(
        "EXPLICIT without priority",
        "    usage_statement_schedule: {frequency: MONTHLY}\n",
        "    multiplier_override_prioritization: explicit\n",
        ("44:9: a MULTIPLIER override under EXPLICIT prioritization needs a priority; the smallest priority wins"),
    ),
    Mistake(
        "priority zero",
        "        multiplier: 0.9\n",
        "        multiplier: 0.9\n        priority: 0\n",
        "47:19: priority 0 is not greater than 0",
    ),
    Mistake(
        "specifier with unknown key",
        "        product: Tokens\n",
        "        override_specifiers: [{product: Tokens, pricing_group_values: {modle: x}}]\n",
        ("47:72: 'modle' is not a pricing_group_key of any product that this specifier reaches; did you mean 'model'?"),
    ),
    Mistake(
        "specifier with commit ids",
        "        product: Tokens\n",
        "        override_specifiers: [{product: Tokens, commit_ids: [x]}]\n",
        "47:61: commit_ids are for a commit-specific override; set is_commit_specific: true, or remove commit_ids",
    ),
    Mistake(
        "same contract twice",
        "contracts:\n",
        "contracts:\n  - {customer: Acme, rate_card: List, starting_at: '2026-01-01T00:00:00Z'}\n",
        ("40:5: a second contract with the same terms; the first is at catalog/c.yml:39; give each a name of its own"),
    ),
    Mistake(
        "contract ends before it starts",
        "    usage_statement_schedule: {frequency: MONTHLY}\n",
        "    ending_before: 2025-01-01T00:00:00Z\n",
        (
            "42:20: ending_before 2025-01-01T00:00:00Z is not after starting_at 2026-01-01T00:00:00Z; the end "
            "is exclusive and must be later"
        ),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, {"catalog/c.yml": good_with(mistake.old, mistake.new)}) == expected
