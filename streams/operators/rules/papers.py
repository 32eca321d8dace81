"""The papers of a lot: what is required, what was brought, what is missing."""

from __future__ import annotations

from schemas.times import date_of
from streams.operators.model import Lot
from streams.parameters import Rules
from streams.standing import Case

TRACE_CODE = "trace-code"


class Papers:
    """The papers of one lot of one operator."""

    def __init__(self, lot: Lot, rules: Rules) -> None:
        self.brought = lot.brought
        self.uploads = [item for item in lot.brought if item.goods]
        """The operator's uploads of the lot. Without any the rest is empty."""
        self.goods = ""
        """The class of the upload with the greatest time, at a tie the later; for earlier sales too."""
        self.first_day = ""
        """The Beijing day of the smallest time of an upload: which rules hold, and whether a paper had expired."""
        self.first_time = 0
        self.required: frozenset[str] = frozenset()
        """Papers, and perhaps the trace code, that a lot of this class needed on that day."""
        if self.uploads:
            self.goods = max(self.uploads, key=lambda item: item.in_time).goods
            self.first_time = min(item.time for item in self.uploads)
            self.first_day = date_of(self.first_time)
            self.required = rules.required(self.goods, self.first_day)

    def complete_at(self) -> int | None:
        """From when on the lot was uploaded and nothing was missing; None if that has not been."""
        if not self.uploads or self.missing():
            return None
        times = sorted(item.time for item in self.brought if item.time >= self.first_time)
        return next(time for time in times if not self.missing(time))

    def missing(self, until: int | None = None) -> list[str]:
        """What is required and was not brought by records with a time up to `until` (None: by any), sorted."""
        missing = set(self.required)
        for item in self.brought:
            if until is not None and item.time > until:
                continue
            if item.code:
                missing.discard(TRACE_CODE)
            for paper in item.papers:
                if not paper.expires_on or paper.expires_on >= self.first_day:
                    missing.discard(paper.kind)
        return sorted(missing)


def papers_missing(name: str, papers: Papers, now: int, today: str, rules: Rules) -> Case | None:
    """The operator uploaded the lot, and something that is required is not there."""
    within, kept = rules.values(("papers_within", "condition_kept"), today)
    if within is None or kept is None or not papers.uploads:
        return None
    missing, since = papers.missing(), papers.first_time
    if not missing and now < since + kept:
        return None
    return Case(
        since=since,
        detail={"lot": name, "goods": papers.goods, "missing": missing},
        facts=papers.brought,
        due=min(item.recorded for item in papers.uploads) + within,
        until=since + kept,
    )
