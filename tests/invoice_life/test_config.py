"""What a workspace says about the life of invoices, and the messages for what it cannot say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from engine.config import Config, FinalizePolicy, LateUsagePolicy, Severity, load_config
from engine.errors import CatalogError
from engine.invoices.eligible import ReviewRules


def config(root: Path, text: str) -> Config:
    (root / "duckbill.toml").write_text(f'[workspace]\nname = "life"\n{text}\n', encoding="utf-8")
    return load_config(root)


def test_what_is_not_said(tmp_path: Path) -> None:
    said = config(tmp_path, "")
    assert said.invoices.finalize is FinalizePolicy.AFTER_GRACE
    assert said.invoices.grace == timedelta(hours=24)
    assert said.invoices.late_usage is LateUsagePolicy.REPORT
    assert said.review.rules() == ReviewRules()
    assert said.reconcile.unrated is Severity.WARN


def test_what_is_said(tmp_path: Path) -> None:
    said = config(
        tmp_path,
        '[invoices]\nfinalize = "by_command"\ngrace_hours = 0\nlate_usage = "correct"\n'
        '[review]\njump_factor = 2.5\njump_minimum = "100.01"\nvanished = true\n[reconcile]\nunrated = "fail"',
    )
    assert said.invoices.finalize is FinalizePolicy.BY_COMMAND
    assert said.invoices.grace == timedelta(0)
    assert said.invoices.late_usage is LateUsagePolicy.CORRECT
    assert said.review.rules() == ReviewRules(Decimal("2.5"), Decimal("100.01"), True)
    assert said.reconcile.unrated is Severity.FAIL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[invoices]\nfinalise = 1", "duckbill.toml:4:1: unknown key 'finalise'; did you mean 'finalize'?"),
        ('[invoices]\nfinalize = "soon"', "duckbill.toml:4:1: invoices.finalize: Input should be 'after_grace' or"),
        ("[invoices]\ngrace_hours = -1", "duckbill.toml:4:1: invoices.grace_hours: Input should be greater than or"),
        ("[invoices]\ngrace_hours = 1.5", "duckbill.toml:4:1: invoices.grace_hours: Input should be a valid integer"),
        ("[review]\njump_factor = 1", "duckbill.toml:4:1: review.jump_factor: Input should be greater than 1"),
        ("[review]\njump_factor = inf", "duckbill.toml:4:1: review.jump_factor: Input should be a finite number"),
        ("[review]\njump_minimum = -1", "duckbill.toml:4:1: review.jump_minimum: Input should be greater than or"),
        ('[reconcile]\nunrated = "no"', "duckbill.toml:4:1: reconcile.unrated: Input should be 'warn' or 'fail'"),
    ],
)
def test_what_cannot_be_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogError) as told:
        config(tmp_path, text)
    assert str(told.value).startswith(message)
