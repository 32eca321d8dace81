"""Goods that moved without what should have come first: without a code, without an upload, without their papers."""

from __future__ import annotations

from schemas.times import day_after, format_instant, start_of
from streams.facts import Fact, covers
from streams.operators.model import OUTFLOW, Day, Lot, Scan
from streams.operators.rules.papers import Papers
from streams.parameters import Rules
from streams.standing import Case

Early = dict[Scan, list[str]]
"""Outflow that was early → what was missing then, sorted; `upload` stands for a lot that was not covered at all."""


def uncoded_goods(day: str, row: Day, closes: tuple[Fact, ...], rules: Rules) -> Case | None:
    """Goods scanned on a day without lot and box, less those that a close covers."""
    kept = rules.value("day_kept", day)
    scans = [scan for scan in row.uncoded if not covers(closes, scan)]
    if kept is None or not scans:
        return None
    first = min(scan.time for scan in scans)
    return Case(
        since=first,
        detail={
            "day": day,
            "first": format_instant(first),
            "types": sorted({scan.type for scan in scans}),
        },
        facts=tuple(scans),
        until=max(start_of(day_after(day)), *(scan.recorded for scan in scans)) + kept,
    )


def not_on_chain(name: str, lot: Lot, now: int, today: str, rules: Rules) -> Case | None:
    """Goods of a lot were scanned, and the operator neither uploaded it nor received it from a named supplier."""
    upload, settle, kept = rules.values(("upload_within", "settle", "condition_kept"), today)
    if upload is None or settle is None or kept is None or not lot.scans:
        return None
    due = max(
        min(scan.time for scan in lot.scans) + upload,
        min(scan.recorded for scan in lot.scans) + settle,
    )
    covered = any(item.goods for item in lot.brought) or any(scan.supplied for scan in lot.scans)
    if covered and now < due + kept:
        return None
    return Case(
        since=due,
        detail={"lot": name, "due": format_instant(due)},
        facts=lot.scans,
        due=due,
        until=due + kept,
    )


def sold_early(name: str, early: Early, closes: tuple[Fact, ...], now: int, today: str, rules: Rules) -> Case | None:
    """Goods went out before the lot was covered, or before its papers were there, clocks being allowed to differ."""
    settle, skew, kept = rules.values(("settle", "skew", "incident_kept"), today)
    if settle is None or skew is None or kept is None:
        return None
    early = {scan: missing for scan, missing in early.items() if not covers(closes, scan)}
    # outflow that no longer counts is left only where none counts: then the case says that its time is over
    counting = {scan: missing for scan, missing in early.items() if now < scan.recorded + kept} or early
    if not counting:
        return None
    first = min(counting, key=lambda scan: scan.in_time)
    return Case(
        since=first.time,
        detail={"lot": name, "at": format_instant(first.time), "missing": counting[first]},
        facts=tuple(counting),
        due=min(scan.recorded for scan in counting) + settle,
        until=max(scan.recorded for scan in counting) + kept,
        wake=min(scan.recorded for scan in counting) + kept,
    )


def early_outflow(lot: Lot, papers: Papers, today: str, rules: Rules) -> Early:
    """Goods of a lot that went out before it was covered, or before its papers were there."""
    skew = rules.value("skew", today)
    if skew is None:
        return {}
    early: Early = {}
    complete = papers.complete_at()
    supplied = min((scan.time for scan in lot.scans if scan.supplied), default=None)
    for scan in lot.scans:
        then = scan.time + skew
        if scan.type not in OUTFLOW or (complete is not None and then >= complete):
            continue
        if papers.uploads and then >= papers.first_time:
            early[scan] = papers.missing(then)
        elif supplied is None or supplied > then:
            early[scan] = ["upload"]
    return early
