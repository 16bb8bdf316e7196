"""Reading the next chunk while the present one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in another thread while the one before it is in use.

    The thread is a daemon: input that never comes, on a pipe that stays open, must not keep the process alive.
    """
    made: Queue[tuple[T | None, BaseException | None]] = Queue(maxsize=1)
    abandoned = Event()

    def read() -> None:
        try:
            for item in items:
                if abandoned.is_set():
                    return
                made.put((item, None))
            made.put((None, None))
        except BaseException as error:
            made.put((None, error))

    Thread(target=read, daemon=True, name="duckbill-read-ahead").start()
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        abandoned.set()
        with suppress(Empty):
            made.get_nowait()
