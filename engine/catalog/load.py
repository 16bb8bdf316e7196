"""A folder of files to a `Catalog`, or to every problem in it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from os.path import relpath
from pathlib import Path

from engine.catalog.build import Built, build
from engine.catalog.catalog import Catalog
from engine.catalog.check_alerts import check_alerts
from engine.catalog.check_applicability import check_applicability
from engine.catalog.check_balance_ids import check_balance_ids
from engine.catalog.check_balance_sharing import check_balance_sharing
from engine.catalog.check_balances import check_balances
from engine.catalog.check_commit_overrides import check_commit_overrides
from engine.catalog.check_composites import check_composites
from engine.catalog.check_contracts import check_contracts
from engine.catalog.check_credit_types import check_credit_types
from engine.catalog.check_customer_balances import check_customer_balances
from engine.catalog.check_customers import check_customers
from engine.catalog.check_hierarchies import check_hierarchies
from engine.catalog.check_overrides import check_overrides
from engine.catalog.check_products import check_products
from engine.catalog.check_rate_cards import check_rate_cards
from engine.catalog.check_rates import check_rates
from engine.catalog.check_recurring_balances import check_recurring_balances
from engine.catalog.check_scheduled_charges import check_scheduled_charges
from engine.catalog.check_subscriptions import check_subscriptions
from engine.catalog.check_thresholds import check_thresholds
from engine.catalog.check_usage_filters import check_usage_filters
from engine.catalog.document import SECTIONS, Document
from engine.catalog.items import gather
from engine.catalog.json_files import read_json, read_json_lines
from engine.catalog.metric_file import read_metric_file
from engine.catalog.rate_csv import read_rate_csv
from engine.catalog.strict_yaml import read_yaml
from engine.errors import CatalogError, Problem, UserError, did_you_mean

_READERS: dict[str, Callable[[str, str], Document]] = {
    ".yml": read_yaml,
    ".yaml": read_yaml,
    ".json": read_json,
    ".csv": read_rate_csv,
    ".sql": read_metric_file,
}


#: What can be told even when some files could not be read.
_CHECKS_OF_SOME: tuple[Callable[[Built], Iterable[Problem]], ...] = (
    check_products,
    check_rates,
    check_credit_types,
    check_customers,
    check_usage_filters,
)

#: What can be told of a whole catalog.
_CHECKS = (
    *_CHECKS_OF_SOME,
    check_rate_cards,
    check_composites,
    check_contracts,
    check_overrides,
    check_commit_overrides,
    check_subscriptions,
    check_scheduled_charges,
    check_hierarchies,
    check_balance_ids,
    check_balances,
    check_customer_balances,
    check_balance_sharing,
    check_applicability,
    check_recurring_balances,
    check_thresholds,
    check_alerts,
)


def load_catalog(root: Path, *, extra_metric_dirs: tuple[Path, ...] = ()) -> Catalog:
    """The catalog of the workspace at `root`; raises CatalogError carrying every problem found."""
    catalog, problems = read_catalog(root, extra_metric_dirs=extra_metric_dirs)
    if catalog is None:
        raise CatalogError(problems)
    return catalog


def load_catalog_folder(folder: Path) -> Catalog:
    """The catalog of a workspace folder, or of any folder that holds `catalog/` and perhaps `metrics_sql/`.

    Raises UserError for a folder without one, and CatalogError with every problem, whose files are named with `folder`
    before them.
    """
    if not (folder / "catalog").is_dir():
        what = f"{folder} holds no folder named catalog" if folder.is_dir() else f"{folder} is no folder"
        remedy = "name a workspace, or a folder that holds catalog/ and, for SQL metrics, metrics_sql/"
        if folder.name == "catalog" and folder.is_dir():
            remedy = f"name the folder that it is in: {folder.absolute().parent}"
        raise UserError(f"{what}; {remedy}")
    catalog, problems = read_catalog(folder)
    if catalog is None:
        raise CatalogError(replace(each, file=(folder / each.file).as_posix()) for each in problems)
    return catalog


def read_catalog(root: Path, *, extra_metric_dirs: tuple[Path, ...] = ()) -> tuple[Catalog | None, tuple[Problem, ...]]:
    """The catalog, or None and every problem, sorted by file and place."""
    catalog, problems, _ = read_catalog_with_notes(root, (), extra_metric_dirs=extra_metric_dirs)
    return catalog, problems


def read_catalog_with_notes(
    root: Path, notes: Iterable[Callable[[Built], Iterable[Problem]]], *, extra_metric_dirs: tuple[Path, ...] = ()
) -> tuple[Catalog | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """The catalog, or None and every problem; and of a catalog without problems what these `notes` say of it.

    Reads `catalog/**` (YAML, JSON, JSON Lines; price seeds in `catalog/rates/`) and `*.sql` in `metrics_sql/`
    and in `extra_metric_dirs`. Problems name files relative to `root`. A file that cannot be read as what its
    name says takes no part in the catalog; the others are still checked, as far as that is possible without it.
    """
    problems: list[Problem] = []
    documents = [
        document
        for path in _files(root, extra_metric_dirs)
        if (document := _read(path, _name(path, root), problems)) is not None
    ]
    items = gather(documents, problems)
    complete = not problems
    built = build(items, problems, complete=complete)
    for check in _CHECKS if complete else _CHECKS_OF_SOME:
        problems += check(built)
    if problems:
        return None, tuple(sorted(set(problems))), ()
    return _catalog(built), (), tuple(sorted({noted for note in notes for noted in note(built)}))


def _catalog(built: Built) -> Catalog:
    return Catalog(
        **{section: tuple(each.object for each in getattr(built, section)) for section in Catalog.model_fields},
    )


def _files(root: Path, extra_metric_dirs: tuple[Path, ...]) -> list[Path]:
    """Every catalog file, ordered by its name relative to `root`, whatever order the file system has."""
    found = [path for path in (root / "catalog").rglob("*") if path.suffix in {*_READERS, ".jsonl"} - {".sql"}]
    for folder in (root / "metrics_sql", *extra_metric_dirs):
        found += folder.glob("*.sql")
    visible = [path for path in found if path.is_file() and not path.name.startswith(".")]
    return sorted(dict.fromkeys(visible), key=lambda path: _name(path, root))


def _name(path: Path, root: Path) -> str:
    return Path(relpath(path, root)).as_posix()


def _read(path: Path, name: str, problems: list[Problem]) -> Document | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix != ".jsonl":
            return _READERS[path.suffix](name, text)
        section = path.name.partition(".")[0]
        if section in SECTIONS:
            return read_json_lines(name, text, section)
        remedy = did_you_mean(section, SECTIONS)
        problems.append(Problem(name, 0, 0, f"the file is named after no section ({section!r})", remedy))
    except CatalogError as error:
        problems += error.problems
    except UnicodeDecodeError as error:
        problems.append(Problem(name, 0, 0, f"not UTF-8 at byte {error.start}", "save the file as UTF-8"))
    except OSError as error:
        problems.append(Problem(name, 0, 0, f"cannot be read: {error.strerror}"))
    return None
