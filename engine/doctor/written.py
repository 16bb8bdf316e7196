"""What people have written: the configuration, the catalog, the SQL metrics."""

from __future__ import annotations

from engine.catalog.load import read_catalog
from engine.doctor.diagnosis import Diagnosis, broken, command, counted, well, worth_a_look
from engine.doctor.patient import Patient
from engine.errors import CatalogError, Problem, UserError
from engine.invoices.definitions import check_definitions, definitions_file
from engine.metrics.check import check_metrics


def configuration(patient: Patient) -> Diagnosis:
    """Whether duckbill.toml can be read, and says nothing that it cannot."""
    try:
        name = patient.config.workspace.name
    except CatalogError as error:
        return broken(_first(error.problems), f"edit the file, then: {command('validate', patient.root)}")
    return well(f"workspace {name!r}")


def catalog(patient: Patient) -> Diagnosis:
    """Whether the catalog and its SQL metrics are right; how many problems there are."""
    found, problems = read_catalog(patient.root)
    if found is not None:
        problems = (*problems, *check_metrics(found, _strict(patient)))
    if problems:
        return broken(_first(tuple(sorted(problems))), f"see all: {command('validate', patient.root)}")
    assert found is not None
    counts = (
        counted(len(found.billable_metrics), "metric"),
        counted(len(found.customers), "customer"),
        counted(len(found.contracts), "contract"),
    )
    return well(", ".join(counts))


def metric_definitions(patient: Patient) -> Diagnosis:
    """Whether metrics that have been billed by still mean what they meant."""
    found, _ = read_catalog(patient.root)
    if found is None:
        return well("not compared, as the catalog cannot be read")
    recorded = definitions_file(patient.lake).read()
    if recorded is None and patient.published_runs:
        return worth_a_look("what metrics were billed by is not there", "the next run makes it of what runs recorded")
    try:
        check_definitions(patient.lake, found, lambda: ())
    except CatalogError as error:
        return broken(_first(error.problems), "define a new metric under a new name and point the product at it")
    return well(f"what was billed by is as it was: {counted(len(recorded or ()), 'metric')}")


def _strict(patient: Patient) -> bool:
    try:
        return patient.config.metering.strict
    except UserError:
        return False


def _first(problems: tuple[Problem, ...]) -> str:
    """How many problems there are, and the first."""
    return f"{counted(len(problems), 'problem')}: {problems[0]}"
