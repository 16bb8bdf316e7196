"""Makes a market that is billed differently by engine and oracle smaller, as long as it still is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.generated.bulk_balances.market import Market

#: Whether a market is still billed differently; False as well for one that is no valid catalog any more.
Fails = Callable[[Market], bool]
_Path = tuple[Any, ...]


def shrunk(market: Market, fails: Fails) -> Market:
    """The market without every event, item and field that it fails without, too, tried one by one."""
    market = _fewer_lines(market, fails)
    while True:
        smaller = _smaller(market, (), fails)
        if smaller.document == market.document:
            return _fewer_lines(market, fails)
        market = smaller


def _fewer_lines(market: Market, fails: Fails) -> Market:
    step = len(market.lines)
    while step:
        for first in range(len(market.lines) - 1, -1, -step):
            start = max(0, first - step + 1)
            candidate = replace(market, lines=market.lines[:start] + market.lines[first + 1 :])
            if fails(candidate):
                market = candidate
        step //= 2
    return market


def _smaller(market: Market, path: _Path, fails: Fails) -> Market:
    """The market with less below one place of its document: each part as a whole first, then what is in it."""
    value = _at(market.document, path)
    parts = list(value) if isinstance(value, dict) else range(len(value) - 1, -1, -1) if isinstance(value, list) else ()
    for part in parts:
        candidate = replace(market, document=_without(market.document, (*path, part)))
        market = candidate if fails(candidate) else _smaller(market, (*path, part), fails)
    return market


def _at(value: Any, path: _Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _without(document: dict[str, Any], path: _Path) -> dict[str, Any]:
    made = copy.deepcopy(document)
    del _at(made, path[:-1])[path[-1]]
    return made
