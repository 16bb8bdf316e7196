"""The examples of a file, billed once."""

from __future__ import annotations

import pytest

from tests.spec.examples import Ledger, bill


@pytest.fixture(scope="module")
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """What was published for the module's `SHARED` catalog and its `EXAMPLES`."""
    module = request.module
    return bill(tmp_path_factory.mktemp("examples") / "workspace", [module.SHARED], module.EXAMPLES)
