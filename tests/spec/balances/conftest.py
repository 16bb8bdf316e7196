"""The examples of all files in this folder, billed in one workspace."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BASICS
from tests.spec.examples import Ledger, bill
from tests.spec.pricing.pricing_example import METRICS


@pytest.fixture(scope="session")
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """What was published for the examples of those files of this folder that are being tested."""
    collected = {
        module.__name__: module
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(module := item.module, "EXAMPLES")
        if module.__name__.startswith(f"{__package__}.")
    }
    modules = [collected[name] for name in sorted(collected)]
    return bill(
        tmp_path_factory.mktemp("balances") / "workspace",
        [METRICS, BASICS, *(module.SHARED for module in modules)],
        [example for module in modules for example in module.EXAMPLES],
    )
