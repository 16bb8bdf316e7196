"""The first signal that asked the process to end, remembered until it does."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn


class Signals:
    """Remembers the first signal that asked the process to end.

    A handler's exit alone is not enough: a query that is interrupted ends in an error of the database's own.
    """

    def __init__(self) -> None:
        self.first: int | None = None

    def listen(self) -> None:
        """Takes the signals; again after Polars has been imported, which keeps interrupts for itself."""
        signal.signal(signal.SIGINT, self._received)
        signal.signal(signal.SIGTERM, self._received)

    def _received(self, number: int, frame: FrameType | None) -> NoReturn:
        self.first = self.first or number
        sys.exit(128 + number)


SIGNALS = Signals()
