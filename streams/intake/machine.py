"""The machine of one public partition: refuse → `dead-letters`; else re-key and append to a journal, unchanged.

Keeps no rows, knows no identities (the log of the subject does) and sees no ticks (public topics have none).
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.reasons import Reason, Verdict
from streams.context import Context
from streams.intake.rules import Accepted, judge
from streams.journal import journaled, refusal
from streams.machine import Applied, Entry, Output
from streams.rows import Rows


class Intake:
    """A `streams.machine.Machine`. In its ledger, in = applied (passed on) + refused."""

    def __init__(self, partition: int, context: Context) -> None:
        self.partition = partition
        self.rows = Rows({})
        self._context = context

    def resume(self, tick: int | None) -> None:
        """Nothing to resume: no rows, no ticks."""

    def apply(self, entry: Entry) -> Applied:
        """One message of a public topic."""
        judged = judge(entry, self._context.rules.goods_classes)
        if isinstance(judged, Accepted):
            return Applied((journaled(entry, judged.record),), Verdict.APPLIED, judged.record.type)
        letter = refusal(entry, judged.reason, judged.message)
        return Applied((letter,), Verdict.REFUSED, judged.type, judged.reason)

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """Public topics have no ticks."""
        return iter(())

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """A defect of ours: what was sent is kept. Whose it is is unknown, so nobody is marked impaired."""
        letter = refusal(entry, Reason.INTERNAL_ERROR, f"intake failed with {type(error).__name__}")
        return Applied((letter,), Verdict.REFUSED, "", Reason.INTERNAL_ERROR)
