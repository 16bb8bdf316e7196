"""`duckbill.toml`: where a workspace says how it is landed, metered and run."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.catalog.product import SqlBreakdownGranularity
from engine.errors import CatalogError, Problem, UserError, did_you_mean
from engine.events.land import LandingLimits
from engine.executors.connection import EngineSettings
from engine.executors.isolated import IsolationLimits
from engine.folder_names import check_folder_name
from engine.invoices.eligible import ReviewRules
from engine.metrics.optimisations import Optimisations
from engine.values.memory import AMOUNT

#: The name of the file, and what makes a folder a workspace.
CONFIG_FILE = "duckbill.toml"

_TOML_PLACE = re.compile(r" \(at line (?P<line>[0-9]+), column (?P<column>[0-9]+)\)$")

#: A century, so that no limit leads out of the calendar.
_MOST_DAYS = 36_525

_Count = Annotated[int, Field(gt=0, strict=True)]
_Factor = Annotated[Decimal, Field(gt=1, le=1_000_000, decimal_places=6)]
_Minimum = Annotated[Decimal, Field(ge=0, max_digits=30, decimal_places=18)]
_Seconds = Annotated[_Count, Field(le=_MOST_DAYS * 86_400)]
_Memory = Annotated[str, Field(pattern=f"^{AMOUNT}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSection(_Section):
    name: str


class LandingSection(_Section):
    past_days: Annotated[_Count, Field(le=_MOST_DAYS)] = 34
    future_hours: Annotated[_Count, Field(le=_MOST_DAYS * 24)] = 24
    property_fields: _Count = 1000

    def limits(self) -> LandingLimits:
        return LandingLimits(
            past=timedelta(days=self.past_days),
            future=timedelta(hours=self.future_hours),
            property_fields=self.property_fields,
        )


class EngineSection(_Section):
    """What a command may use; `spill_limit` is for files of what does not fit in memory, gone when it ends.

    `metric_seconds` is what one query of a SQL metric may take: far more than any of them needs, so that one that would
    never end does not keep the workspace locked for good.
    """

    memory_limit: _Memory = "4GiB"
    threads: _Count | None = None
    spill_limit: _Memory | None = None
    metric_seconds: _Seconds = 3600

    def settings(self) -> EngineSettings:
        return EngineSettings(
            memory_limit=self.memory_limit,
            threads=self.threads,
            spill_limit=self.spill_limit,
            metric_seconds=self.metric_seconds,
        )


class MeteringSection(_Section):
    """`strict` refuses SQL metrics that go beyond what Metronome documents."""

    sql_breakdown_granularity: SqlBreakdownGranularity = SqlBreakdownGranularity.SERVICE_PERIOD
    strict: bool = False


class IsolationSection(_Section):
    """What one SQL metric may use under `--isolate`, or always when `always` is set."""

    always: bool = False
    cpu_seconds: _Count = 60
    memory: _Memory = "2GiB"
    wall_seconds: _Count = 120

    def limits(self, asked: bool) -> IsolationLimits | None:
        """The limits when SQL metrics are to be isolated."""
        if not (asked or self.always):
            return None
        return IsolationLimits(cpu_seconds=self.cpu_seconds, memory=self.memory, wall_seconds=self.wall_seconds)


class OptimisationsSection(_Section):
    """What can be switched off to see that it changes nothing but the time that a run takes."""

    parts: bool = True
    first_seen: bool = True
    batches: bool = True
    plain_casts: bool = True
    #: Whether runs keep what they metered, for simulations to come.
    kept_readings: bool = True

    def switches(self) -> Optimisations:
        return Optimisations(
            parts=self.parts, first_seen=self.first_seen, batches=self.batches, plain_casts=self.plain_casts
        )


class FinalizePolicy(StrEnum):
    """When an unattended night finalizes invoices: once their grace is over, or never by itself."""

    AFTER_GRACE = "after_grace"
    BY_COMMAND = "by_command"


class LateUsagePolicy(StrEnum):
    """What an unattended night does about usage that arrived after its invoice was finalized."""

    REPORT = "report"
    REGENERATE = "regenerate"
    CORRECT = "correct"


class InvoicesSection(_Section):
    """`grace_hours` go by between the end of what an invoice bills and its issue."""

    finalize: FinalizePolicy = FinalizePolicy.AFTER_GRACE
    grace_hours: Annotated[int, Field(ge=0, le=_MOST_DAYS * 24, strict=True)] = 24
    late_usage: LateUsagePolicy = LateUsagePolicy.REPORT

    @property
    def grace(self) -> timedelta:
        """What goes by between the end of what an invoice bills and its issue."""
        return timedelta(hours=self.grace_hours)


class ReviewSection(_Section):
    """Which invoices somebody must approve before they become final.

    A usage invoice of more than `jump_factor` times the contract's previous one, if it comes to `jump_minimum` or more
    (in the units of its total: cents for US dollars); with `vanished`, one without any usage after one that was not
    zero.
    """

    jump_factor: _Factor | None = None
    jump_minimum: _Minimum = Decimal(0)
    vanished: bool = False

    def rules(self) -> ReviewRules:
        return ReviewRules(self.jump_factor, self.jump_minimum, self.vanished)


class Severity(StrEnum):
    """How much a finding weighs: it is told of, or a control fails by it."""

    WARN = "warn"
    FAIL = "fail"


class ReconcileSection(_Section):
    """`unrated` says whether usage without a rate fails its control or is only told of."""

    unrated: Severity = Severity.WARN


class DemoSection(_Section):
    """What `duckbill demo` runs: one month, or every month `through` another. Only bundled scenarios have it."""

    period: str
    through: str | None = None
    now: str


class Config(_Section):
    """The whole file; every section but `[workspace]` may be left out."""

    workspace: WorkspaceSection
    landing: LandingSection = LandingSection()
    engine: EngineSection = EngineSection()
    metering: MeteringSection = MeteringSection()
    isolation: IsolationSection = IsolationSection()
    optimisations: OptimisationsSection = OptimisationsSection()
    invoices: InvoicesSection = InvoicesSection()
    review: ReviewSection = ReviewSection()
    reconcile: ReconcileSection = ReconcileSection()
    demo: DemoSection | None = None


def load_config(root: Path) -> Config:
    """The configuration of a workspace.

    Raises UserError when the folder is not a workspace and CatalogError, with every problem, when the file is wrong.
    """
    check_folder_name(root)
    path = root / CONFIG_FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f"{root} is not a workspace: it has no {CONFIG_FILE}; make one with: duckbill init DIR"
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogError([Problem(CONFIG_FILE, 0, 0, f"not UTF-8 at byte {error.start}")]) from error
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError([_syntax_problem(text, str(error))]) from error
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise CatalogError(
            [_problem(text, details["loc"], details["type"], details["msg"]) for details in error.errors()]
        ) from error


def _syntax_problem(text: str, message: str) -> Problem:
    """What the TOML parser says, at the place that it names at the end of its message."""
    place = _TOML_PLACE.search(message)
    if place is None:
        return Problem(CONFIG_FILE, text.count("\n") + 1, 1, f"not valid TOML: {message}")
    what = message[: place.start()]
    return Problem(CONFIG_FILE, int(place["line"]), int(place["column"]), f"not valid TOML: {what}")


def _problem(text: str, location: tuple[int | str, ...], kind: str, message: str) -> Problem:
    """One pydantic finding at the line where its key stands."""
    key = str(location[-1])
    written = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[]=.]""")
    line = next((number for number, each in enumerate(text.splitlines(), 1) if written.match(each)), 0)
    if kind == "extra_forbidden":
        model: type[BaseModel] = Config
        for name in location[:-1]:
            section = model.model_fields[str(name)].annotation
            model = section if isinstance(section, type) and issubclass(section, BaseModel) else DemoSection
        return Problem(CONFIG_FILE, line, 1, f"unknown key {key!r}", did_you_mean(key, model.model_fields))
    return Problem(CONFIG_FILE, line, 1 if line else 0, f"{'.'.join(map(str, location))}: {message}")
