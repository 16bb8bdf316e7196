"""What is told on stderr while a command works."""

from __future__ import annotations

import json
import logging

import pytest

from engine.errors import UserError
from engine.formats import LogFormat
from engine.log import LOGGER, log, watched
from engine.values.period import parse_instant


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_have_time_level_message_and_fields(capfd: pytest.CaptureFixture[str]) -> None:
    with watched(LogFormat.json) as progress:
        progress("metering Tökens", 0, 2)
        progress("metering Tökens", 1, 2)
        progress("publishing", 0, 1)
        log("done", {"invoices": 3, "total": "1.50"})
    out, err = capfd.readouterr()
    told = lines(err)
    assert out == "" and "Tökens" in err
    for line in told:
        parse_instant(str(line.pop("time")))
    assert told == [
        {"level": "info", "message": "metering Tökens", "done": 0, "total": 2},
        {"level": "info", "message": "publishing", "done": 0, "total": 1},
        {"level": "info", "message": "done", "invoices": 3, "total": "1.50"},
    ]


def test_what_fails_is_a_line_too(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError), watched(LogFormat.json):
        raise UserError("no such month")
    (line,) = lines(capfd.readouterr().err)
    assert (line["level"], line["message"], line["exit_code"]) == ("error", "no such month", 2)


def test_nothing_is_left_behind_and_text_writes_no_lines(capfd: pytest.CaptureFixture[str]) -> None:
    before = (list(LOGGER.handlers), LOGGER.level, LOGGER.propagate)
    with watched(LogFormat.json):
        pass
    assert (list(LOGGER.handlers), LOGGER.level, LOGGER.propagate) == before
    with watched(LogFormat.text) as progress:
        progress("metering", 0, 1)
        log("done", {})
    assert capfd.readouterr() == ("", "")


def test_programs_that_use_duckbill_hear_of_it_by_their_own_handlers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="duckbill"):
        log("2026-10: run published", {"run_id": "abc"})
    (record,) = caplog.records
    assert record.getMessage() == "2026-10: run published" and vars(record)["fields"] == {"run_id": "abc"}
