"""The README's examples run as they are printed, and its tables tell the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import MeteringSection, OptimisationsSection

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language; `sh` blocks are for a person, `bash` and `python` blocks are executed."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """The command under test is the one installed beside this Python."""
    scripts = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.long
def test_the_examples_run_in_order(tmp_path: Path, environment: dict[str, str]) -> None:
    examples = re.findall(r"^```(bash|python)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert len(examples) >= 4
    for language, text in examples:
        command = ["bash", "-euo", "pipefail", "-c", text] if language == "bash" else [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def test_the_sql_metric_example_compiles(tmp_path: Path) -> None:
    from engine.metrics.sql import parse_sql_metric

    (example,) = blocks("sql")
    assert parse_sql_metric(example).columns == ("value", "user_id", "region")


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


def test_every_page_of_a_folder_says_what_it_owns() -> None:
    for page in sorted((ROOT / "engine").glob("*/README.md")):
        text = page.read_text(encoding="utf-8")
        assert re.search(r"\bOwns\b", text, re.IGNORECASE), f"{page} does not say what the folder owns"


def test_the_settings_of_metering_are_in_the_readme() -> None:
    told = {*MeteringSection.model_fields, *OptimisationsSection.model_fields, "metric_seconds", "check_repeatable"}
    assert {name for name in told if name not in README} == set()
