"""Billing a period aside: for questions of what would be, or would have been, billed."""

from __future__ import annotations

from dataclasses import replace

from engine.billing import OUTPUTS, Progress, rate
from engine.executors.connection import scratch_connection
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.kept_readings import KeptReadings
from engine.invoices.publish import Outputs
from engine.runs import RunInputs

#: What is billed aside: everything but the values that are no numbers, which takes another look at every event.
REBILLED = tuple(name for name in OUTPUTS if name != "invalid_values")


#: The id that such a bill is published under.
ASIDE = "aside"


def rebill(inputs: RunInputs, kept: KeptReadings | None, progress: Progress) -> None:
    """Bills a period as a run would, and publishes `REBILLED` in the lake of `inputs.root`, as the run `ASIDE`.

    That is to be a scratch folder, in which the earlier runs that balances go on from are published. Nothing is
    recorded, and events are not counted. Raises what a run raises when the period cannot be billed.
    """
    outputs = Outputs(inputs.root / "lake")
    inputs.root.mkdir(parents=True, exist_ok=True)
    with scratch_connection(inputs.config.engine.settings(), inputs.root) as connection:
        executor = DuckDBExecutor(connection, inputs.isolation())
        terms = replace(inputs.terms(), kept=kept)
        rate(inputs.billed_catalog, inputs.snapshot, inputs.period, executor, terms, progress)
        inputs.check_used_balances(outputs, executor)
        sealed = outputs.write(connection, REBILLED, inputs.period.label, ASIDE)
    outputs.commit(sealed, inputs.period.label, ASIDE)
