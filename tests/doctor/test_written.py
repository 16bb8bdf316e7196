"""What people have written: the configuration, the catalog, metrics that were billed by."""

from __future__ import annotations

from pathlib import Path

from engine.doctor.diagnosis import command
from tests.doctor.conftest import Checked


def test_a_configuration_that_cannot_be_read_fails(root: Path, checked: Checked) -> None:
    path = root / "duckbill.toml"
    path.write_text(path.read_text() + "\n[landng]\npast_days = 4\n")
    row = checked("configuration")
    assert row["status"] == "fail"
    assert "did you mean 'landing'?" in str(row["found"])
    assert row["remedy"] == f"edit the file, then: duckbill validate -w {root}"


def test_problems_of_the_catalog_are_counted(root: Path, checked: Checked) -> None:
    path = root / "catalog" / "catalog.yml"
    path.write_text(path.read_text() + "\nalerts: [{ nme: x }, { nme: y }]\n")
    row = checked("catalog")
    assert row["status"] == "fail"
    assert " problems: catalog/catalog.yml:" in str(row["found"])
    assert row["remedy"] == f"see all: duckbill validate -w {root}"


def test_problems_of_sql_metrics_count_as_well(root: Path, checked: Checked) -> None:
    (root / "metrics_sql" / "other.sql").write_text(
        "/* @metric\nname: other\n@metric */\nSELECT random() AS value FROM events\n"
    )
    assert checked("catalog")["status"] == "fail"


def test_a_metric_that_means_something_else_than_it_did_fails(root: Path, checked: Checked) -> None:
    path = root / "catalog" / "catalog.yml"
    text = path.read_text()
    assert "aggregation_type: SUM" in text
    path.write_text(text.replace("aggregation_type: SUM", "aggregation_type: MAX", 1))
    row = checked("metric_definitions")
    assert row["status"] == "fail"
    assert "changed since run" in str(row["found"])


def test_definitions_that_are_gone_are_worth_a_look_and_damaged_ones_fail(root: Path, checked: Checked) -> None:
    path = root / "lake" / "metric_definitions.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert checked("metric_definitions")["status"] == "fail"
    path.unlink()
    assert checked("metric_definitions")["status"] == "warn"


def test_names_with_blanks_are_quoted_in_commands() -> None:
    assert command("validate", Path("my workspace")) == "duckbill validate -w 'my workspace'"
