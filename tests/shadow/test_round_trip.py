"""Whatever is billed, exported and billed again from the export comes out the same, to the last digit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.shadowing import shadow
from tests.shadow.exported import NOW, Exported

SCENARIOS = ("starter", "api-quickstart", "sdk-guide", "agreements", "ai-saas/small", "widgets-express")


@pytest.mark.parametrize("name", SCENARIOS)
def test_shadow_billing_finds_no_difference(name: str, exported: Callable[[str], Exported]) -> None:
    given = exported(name)
    found = shadow(given.folder, now=NOW)
    assert found.differences.dicts() == []
    labels = given.workspace.outputs.billing_periods()
    assert found.periods == tuple(labels)
    billed = sum(len(given.workspace.invoices(label)) for label in labels)
    assert found.summary()["invoices"] == {"equal": billed}
    assert found.is_equal
