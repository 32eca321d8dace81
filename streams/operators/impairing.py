"""What a defect of ours does to an operator: as long as something waits for the repair, what is missing is not told of
it. Marks stand in its pulse. A mark is the identity of a record, or begins with one of the words here, which no source
of a record can be.
"""

from __future__ import annotations

from pathlib import PurePath

from msgspec.structs import replace

from streams.facts import when_forgotten
from streams.operators.model import PULSE, Pulse
from streams.rows import SEPARATOR, Rows, row_key

Mark = tuple[str, str]
AT_TICK = SEPARATOR + "tick"
"""(…, key of a row): a rule raises on it at ticks."""
OF_STAFF = SEPARATOR + "staff" + SEPARATOR
"""(… and the staff member, ""): the staff machine could not read one of its records."""
OF_SAMPLES = SEPARATOR + "samples" + SEPARATOR
"""(… and the staff member, `journal/partition/offset`): what the staff machine said last could not be read here."""


def impair(rows: Rows, operator: str, mark: Mark, at: int) -> bool:
    """Mark an operator; False if it had this mark. `at`: when it was named, should nobody have heard of it."""
    key = row_key(PULSE, operator, "")
    pulse = rows.get(key, Pulse)
    due = rows.due_of(key) if pulse is not None else when_forgotten(at, at)
    pulse = pulse or Pulse(named=at)
    kept = [other for other in pulse.impaired if other[0] != mark[0] or not mark[0].startswith(OF_SAMPLES)]
    impaired = tuple(sorted({*kept, mark}))  # of several that could not be read the last one counts
    rows.put(key, replace(pulse, impaired=impaired), due=due)
    return mark not in pulse.impaired


def heal(rows: Rows, operator: str, mark: Mark) -> None:
    """Take a mark off, if it is there."""
    key = row_key(PULSE, operator, "")
    pulse = rows.get(key, Pulse)
    if pulse is not None and mark in pulse.impaired:
        impaired = tuple(other for other in pulse.impaired if other != mark)
        rows.put(key, replace(pulse, impaired=impaired), due=rows.due_of(key))


def waiting(rows: Rows, operator: str, word: str) -> Mark | None:
    """The operator's mark that begins with this word."""
    pulse = rows.get(row_key(PULSE, operator, ""), Pulse)
    return next((mark for mark in pulse.impaired if mark[0] == word), None) if pulse is not None else None


def words(error: Exception) -> str:
    """What raised and where, without a value of anybody."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" at {PurePath(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last is not None else ""
    return f"{type(error).__name__}{place}"
