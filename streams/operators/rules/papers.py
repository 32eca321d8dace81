"""The papers of a lot: what is required, what was brought, what is missing."""

from __future__ import annotations

from functools import cached_property

from schemas.times import date_of
from streams.operators.model import Brought, Lot
from streams.parameters import Rules
from streams.standing import Case

TRACE_CODE = "trace-code"


class Papers:
    """The papers of one lot of one operator."""

    def __init__(self, lot: Lot, rules: Rules) -> None:
        self.lot = lot
        self.rules = rules

    @cached_property
    def uploads(self) -> list[Brought]:
        """The operator's uploads of the lot."""
        return [item for item in self.lot.brought if item.goods]

    @cached_property
    def first_upload(self) -> Brought:
        """The upload with the smallest time."""
        return min(self.uploads, key=lambda item: item.in_time)

    @cached_property
    def goods(self) -> str:
        """The class of the upload with the greatest time, at a tie the later; for earlier sales too."""
        return max(self.uploads, key=lambda item: item.in_time).goods

    @cached_property
    def first_day(self) -> str:
        """The Beijing day of the first upload; it says which rules hold and whether a paper had expired."""
        return date_of(self.first_upload.time)

    @cached_property
    def required(self) -> frozenset[str]:
        """Papers, and perhaps the trace code, that a lot of this class needed on the day of the first upload."""
        return self.rules.required(self.goods, self.first_day)

    def missing(self, until: int | None = None) -> list[str]:
        """What is required and was not brought by records with a time up to `until` (None: by any), sorted."""
        missing = set(self.required)
        for item in self.lot.brought:
            if until is not None and item.time > until:
                continue
            if item.code:
                missing.discard(TRACE_CODE)
            for paper in item.papers:
                if not paper.expires_on or paper.expires_on >= self.first_day:
                    missing.discard(paper.kind)
        return sorted(missing)


def papers_missing(name: str, lot: Lot, today: str, rules: Rules) -> Case | None:
    """The operator uploaded the lot, and something that is required is not there."""
    papers = Papers(lot, rules)
    within, kept = rules.values(("papers_within", "condition_kept"), today)
    if within is None or kept is None or not papers.uploads:
        return None
    missing = papers.missing()
    if not missing:
        return None
    since = papers.first_upload.time
    return Case(
        since=since,
        detail={"lot": name, "goods": papers.goods, "missing": missing},
        facts=lot.brought,
        basis=rules.required_basis(papers.goods, papers.first_day),
        due=min(item.recorded for item in papers.uploads) + within,
        until=since + kept,
    )
