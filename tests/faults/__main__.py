"""Runs a fault harness for as long as one likes: `python -m tests.faults NAME --seed S --count N`; see README.md."""

from __future__ import annotations

import importlib
import sys

HARNESSES = ("calls", "power", "kills", "corruption", "concurrency", "lines", "determinism", "memory")


def main() -> int:
    """The exit code of the harness that was named: 0 when nothing was lost."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in HARNESSES:
        print(f"which harness? one of {', '.join(HARNESSES)}", file=sys.stderr)
        return 2
    code: int = importlib.import_module(f"tests.faults.{name}").main(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
