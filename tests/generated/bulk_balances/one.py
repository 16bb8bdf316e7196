"""Bills one seed and says what differs: `python -m tests.generated.bulk_balances.one SEED [MARKET ...] [--shrink]`.

With `--shrink` the first account that differs is made as small as it can be, and written as a workspace that can be
billed by hand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from engine.errors import UserError
from tests.generated.bulk_balances.billed import bills, differences, expected, found, runs, too_fine
from tests.generated.bulk_balances.market import Market
from tests.generated.bulk_balances.reproduce import alone, written
from tests.generated.bulk_balances.shrink import shrunk
from tests.generated.bulk_balances.workspace import MARKETS, Bulk, Plan, bulk, write


def difference(made: Bulk) -> str:
    """What differs between engine and oracle; empty when nothing does."""
    billed = bills(made)
    return differences(made, expected(made, billed), [found(each) for each in runs(made)], too_fine(made, billed))


def differs(plan: Plan, market: Market) -> bool:
    """Whether a market alone is billed differently; one that the engine refuses is not, one that it fails at is."""
    with tempfile.TemporaryDirectory(prefix="balances-") as folder:
        made = write(plan, Path(folder), (market,))
        try:
            finished = [found(each) for each in runs(made)]
        except UserError:
            return False
        except Exception:
            return True
        try:
            billed = bills(made)
        except Exception:
            # The oracle reads valid workspaces and says nothing of others; anything may be missing here.
            return False
        return bool(differences(made, expected(made, billed), finished, too_fine(made, billed)))


def smallest(plan: Plan, markets: tuple[Market, ...], so_far: Path) -> Market | None:
    """The first account that is billed differently by itself, made smaller; None when none is.

    The smallest one found yet always stands in the file `so_far`, as this takes minutes.
    """

    def fails(candidate: Market) -> bool:
        found_again = differs(plan, candidate)
        if found_again:
            so_far.write_text(written(candidate), encoding="utf-8")
        return found_again

    for market in markets:
        for group in market.groups:
            small = alone(market, group)
            if fails(small):
                return shrunk(small, fails)
    return None


def main(arguments: list[str]) -> int:
    seed, *chosen = [int(each) for each in arguments if each.isdigit()]
    folder = Path(tempfile.mkdtemp(prefix=f"balances-{seed}-"))
    made = bulk(seed, folder / "all", tuple(chosen) or tuple(range(MARKETS)))
    text = _said(made)
    print(text or f"seed {seed}: no difference in {len(made.markets)} markets")
    if text and "--shrink" in arguments:
        named = tuple(each for each in made.markets if f"{each.name}-" in text)
        print(f"the smallest one so far stands in {folder / 'smallest.txt'}", flush=True)
        small = smallest(made.plan, named or made.markets, folder / "smallest.txt")
        if small is None:
            print("no account differs by itself")
        else:
            again = write(made.plan, folder / "smallest", (small,))
            print((folder / "smallest.txt").read_text(encoding="utf-8"))
            print(_said(again))
    print(f"written to {folder}")
    return 1 if text else 0


def _said(made: Bulk) -> str:
    """The difference, or why there is none to be had."""
    try:
        return difference(made)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
