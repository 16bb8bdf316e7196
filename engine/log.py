"""Log lines on stderr: a progress bar for people, or JSON lines for whoever collects them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from engine.billing import Progress
from engine.errors import DuckbillError
from engine.formats import LogFormat
from engine.output import progress_bar
from engine.values.period import as_utc, format_instant

#: What duckbill logs goes to this logger, as INFO unless it failed; programs that use duckbill attach handlers to it.
LOGGER = logging.getLogger("duckbill")


class JsonLines(logging.Formatter):
    """One JSON object a line: time (RFC 3339, UTC), level, message, then the fields that were logged with it."""

    def format(self, record: logging.LogRecord) -> str:
        time = as_utc(datetime.fromtimestamp(record.created, UTC))
        content = {"time": format_instant(time), "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps({**content, **getattr(record, "fields", {})}, ensure_ascii=False)


def log(message: str, fields: Mapping[str, object], *, level: int = logging.INFO) -> None:
    """Logs something that happened; `fields` are JSON-ready, and other than time, level and message."""
    LOGGER.log(level, message, extra={"fields": fields})


@contextmanager
def watched(form: LogFormat) -> Iterator[Progress]:
    """What to tell progress to while a command works: a progress bar on a terminal, or a JSON line for each step.

    With JSON, whatever is logged meanwhile goes to stderr, too, and so does what the work fails with.
    """
    if form is LogFormat.text:
        with progress_bar() as progress:
            yield progress
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    level, propagates = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield _LoggedSteps().tell
    except DuckbillError as error:
        log(str(error), {"exit_code": error.exit_code}, level=logging.ERROR)
        raise
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagates


class _LoggedSteps:
    """Logs each step once, however often its progress is told."""

    def __init__(self) -> None:
        self._step = ""

    def tell(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            log(step, {"done": done, "total": total})
            self._step = step
