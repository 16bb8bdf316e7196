"""Files that nobody reads: left behind by a crash, or replaced since."""

from __future__ import annotations

from collections.abc import Iterable

from engine.doctor.diagnosis import Diagnosis, command, counted, size_told, well, worth_a_look
from engine.doctor.lock import is_written_to
from engine.doctor.patient import Patient
from engine.leftovers import Kind, Leftover, parts_of
from engine.leftovers import leftovers as left_over
from engine.vacuum import OLDER_THAN


def leftovers(patient: Patient) -> Diagnosis:
    """Whether there is anything that nobody will read and vacuum would remove, and how much room it takes."""
    if is_written_to(patient.lake):
        return well("not looked for: what somebody is writing now looks like what is left over")
    # Kept readings are looked up for as long as they are there.
    found = [each for each in left_over(patient.root) if each.kind is not Kind.KEPT_READINGS]
    if not found:
        return well("nothing is left over")
    old = [each for each in found if each.needed_until <= patient.now - OLDER_THAN]
    if not old:
        return well(f"{_told(found)}; none of it for longer than {OLDER_THAN.days} days")
    return worth_a_look(
        f"{_told(old)}, for longer than {OLDER_THAN.days} days",
        command("vacuum", patient.root),
    )


def _told(found: Iterable[Leftover]) -> str:
    """How many leftovers of each kind there are, and what room they take."""
    each = list(found)
    kinds = {str(kind): sum(1 for one in each if one.kind is kind) for kind in Kind}
    counts = ", ".join(f"{count} of {kind}" for kind, count in kinds.items() if count)
    size = sum(part.lstat().st_size for one in each for part in parts_of(one.path))
    return f"{counted(len(each), 'leftover')} ({counts}) of {size_told(size)}"
