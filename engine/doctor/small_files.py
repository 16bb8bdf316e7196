"""Days of events in many small files, which take longer to open than to read."""

from __future__ import annotations

from collections import Counter

from engine.doctor.diagnosis import Diagnosis, command, counted, well, worth_a_look
from engine.doctor.patient import Patient

#: More files of a day than a landing every hour leaves.
MANY = 24


def small_files(patient: Patient) -> Diagnosis:
    """Whether the events of some day lie in so many files that putting them together is worth it."""
    counts = Counter(file.date for file in patient.events.files)
    many = {day: files for day, files in counts.items() if files > MANY}
    if not many:
        return well(f"{counted(counts.total(), 'file')} of events, of {counted(len(counts), 'day')}")
    most = max(many, key=lambda day: (many[day], day))
    said = f"{counted(len(many), 'day')} of events with more than {MANY} files; {most} has {many[most]}"
    return worth_a_look(said, command("compact", patient.root))
