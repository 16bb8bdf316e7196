"""Contracts that share balances, and contracts that share with those: what one leaves the next one finds."""

from __future__ import annotations

from collections.abc import Iterable


def pools(sharers: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """A number for each group of contracts that are connected by what they share, by contract id.

    `sharers` has, for each balance, the contracts that may draw on it. Groups are numbered from 0 in the order in
    which they are met.
    """
    parent: dict[str, str] = {}
    for contract_ids in sharers:
        if not contract_ids:
            continue
        root = _root(parent, contract_ids[0])
        for contract_id in contract_ids[1:]:
            parent[_root(parent, contract_id)] = root
    numbers: dict[str, int] = {}
    return {contract_id: numbers.setdefault(_root(parent, contract_id), len(numbers)) for contract_id in parent}


def _root(parent: dict[str, str], contract_id: str) -> str:
    """The contract that stands for the group; the way to it is made short for those who ask next."""
    root = contract_id
    while (above := parent.setdefault(root, root)) != root:
        root = above
    while contract_id != root:
        contract_id, parent[contract_id] = parent[contract_id], root
    return root
