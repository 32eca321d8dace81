"""Which alerts of an operator stand now: one function for each row of the contract's table of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.alerts import alert_id
from schemas.times import date_of, day_after, format_instant, start_of
from tests.properties.oracle.log import Fact
from tests.properties.oracle.terms import (
    ACTIVITY,
    OUTFLOW,
    SCANS,
    Lot,
    Now,
    Registrations,
    Spell,
    standing_result,
)


@dataclass(frozen=True)
class Stands:
    """An alert that stands now, or would, were the time for which it is kept not over."""

    kind: str
    operator: str
    subject: str
    since: int
    detail: dict[str, Any]
    over: bool = False


@dataclass(frozen=True)
class View:
    """All that the rules of one operator look at. Lots and samples without what is forgotten."""

    operator: str
    facts: list[Fact]
    lots: list[Lot]
    samples: dict[str, list[Fact]]
    spells: list[Spell]
    staff_samples: dict[str, list[list[Fact]]]
    """Of everyone who was ever enrolled: for each sample its records."""

    def covers(self, kind: str, subject: str, fact: Fact) -> bool:
        """Whether a close of the alert covers an offending record."""
        return closed(self.facts, alert_id(kind, self.operator, subject), fact)


def closed(facts: list[Fact], alert: str, offending: Fact) -> bool:
    """Whether one of these facts is a close of the alert that is not earlier than the offending record."""
    return any(
        fact.record.type == "alert.handled"
        and fact.record.data.action == "close"
        and fact.record.data.alert == alert
        and offending.later <= fact.later
        for fact in facts
    )


def standing(view: View, now: Now) -> Iterator[Stands]:
    """Everything that stands of an operator, and what is over by the contract's clock, whatever else became of it."""
    registrations = Registrations.of(view.facts, now)
    yield from _positive(view)
    yield from _staff_positive(view, now)
    yield from _uncoded_goods(view, now)
    for lot in view.lots:
        yield from _papers_missing(view, lot, now)
        yield from _not_on_chain(view, lot, now)
        yield from _sold_early(view, lot, now)
    yield from _unknown_operator(view, registrations, now)
    yield from _not_activated(view, registrations, now)
    if registrations.dealing():
        yield from _disinfection_missing(view, registrations, now)
        yield from _silent(view, registrations, now)
        yield from _test_overdue(view, registrations, now)


def _positive(view: View) -> Iterator[Stands]:
    for sample, facts in view.samples.items():
        fact = standing_result(facts)
        data = fact.record.data
        if data.result == "positive" and not view.covers("positive", sample, fact):
            lot = data.lot if data.on == "goods" else None
            detail = {"sample": sample, "on": str(data.on), "hazard": data.hazard, "lot": lot}
            yield Stands("positive", view.operator, sample, fact.record.time, detail)


def _staff_positive(view: View, now: Now) -> Iterator[Stands]:
    infectious = now.parameters().infectious
    if infectious is None:
        return
    found: dict[str, Fact] = {}
    for staff, samples in view.staff_samples.items():
        for facts in samples:
            fact = standing_result(facts)
            sample, begin = fact.record.data.sample, fact.record.time
            if (
                fact.record.data.result == "positive"
                and any(spell.staff == staff and spell.overlaps(begin, begin + infectious) for spell in view.spells)
                and not view.covers("staff-positive", sample, fact)
                and (sample not in found or found[sample].later < fact.later)
            ):
                found[sample] = fact
    for fact in found.values():
        yield staff_positive(view.operator, fact)


def staff_positive(operator: str, fact: Fact) -> Stands:
    """The alert of a positive staff sample."""
    data = fact.record.data
    detail = {"sample": data.sample, "staff": data.staff, "hazard": data.hazard}
    return Stands("staff-positive", operator, data.sample, fact.record.time, detail)


def _uncoded_goods(view: View, now: Now) -> Iterator[Stands]:
    days: dict[str, list[Fact]] = {}
    for fact in view.facts:
        data = fact.record.data
        if fact.record.type in SCANS and data.lot is None and data.box is None:
            days.setdefault(date_of(fact.record.time), []).append(fact)
    for day, scans in days.items():
        kept = now.book.on(day).day_kept
        counting = [fact for fact in scans if not view.covers("uncoded-goods", day, fact)]
        if kept is None or not counting:
            continue
        end = max(start_of(day_after(day)), *(fact.record.recorded for fact in counting)) + kept
        first = min(fact.record.time for fact in counting)
        types = sorted({fact.record.type for fact in counting})
        detail = {"day": day, "first": format_instant(first), "types": types}
        yield Stands("uncoded-goods", view.operator, day, first, detail, now.reached(end))


def _papers_missing(view: View, lot: Lot, now: Now) -> Iterator[Stands]:
    rules = now.parameters()
    if rules.papers_within is None or rules.condition_kept is None or not lot.uploads:
        return
    missing, since = lot.missing(), lot.first_upload()
    due = min(fact.record.recorded for fact in lot.uploads) + rules.papers_within
    over = now.reached(since + rules.condition_kept)
    if over or (missing and now.reached(due)):
        detail = {"lot": lot.name, "goods": lot.goods(), "missing": missing}
        yield Stands("papers-missing", view.operator, lot.name, since, detail, over)


def _not_on_chain(view: View, lot: Lot, now: Now) -> Iterator[Stands]:
    rules = now.parameters()
    scans = lot.of(*SCANS)
    if rules.upload_within is None or rules.settle is None or rules.condition_kept is None:
        return
    if not scans:
        return
    due = max(
        min(fact.record.time for fact in scans) + rules.upload_within,
        min(fact.record.recorded for fact in scans) + rules.settle,
    )
    over = now.reached(due + rules.condition_kept)
    if over or (not lot.covered() and now.reached(due)):
        detail = {"lot": lot.name, "due": format_instant(due)}
        yield Stands("not-on-chain", view.operator, lot.name, due, detail, over)


def _sold_early(view: View, lot: Lot, now: Now) -> Iterator[Stands]:
    rules = now.parameters()
    if rules.skew is None or rules.settle is None or rules.incident_kept is None:
        return
    early: dict[Fact, list[str]] = {}
    for fact in lot.of(*OUTFLOW):
        at = fact.record.time + rules.skew
        missing: list[str] = []
        if not lot.covered(at):
            missing = ["upload"]
        elif any(upload.record.time <= at for upload in lot.uploads):
            missing = lot.missing(at)
        if missing and not view.covers("sold-early", lot.name, fact):
            early[fact] = missing
    counting = [fact for fact in early if not now.reached(fact.record.recorded + rules.incident_kept)]
    over = not counting  # it is over when all of it is over
    told = {fact: early[fact] for fact in counting or early}
    if told and (over or now.reached(min(fact.record.recorded for fact in told) + rules.settle)):
        first = min(told, key=lambda fact: fact.record.time)
        at = first.record.time
        detail = {"lot": lot.name, "at": format_instant(at), "missing": told[first]}
        yield Stands("sold-early", view.operator, lot.name, at, detail, over)


def _first_registered(view: View) -> int:
    return min(fact.record.recorded for fact in view.facts if fact.record.type == "operator.registered")


def _declared(view: View) -> set[str]:
    return {fact.record.data.date for fact in view.facts if fact.record.type == "day.declared"}


def _disinfection_missing(view: View, registrations: Registrations, now: Now) -> Iterator[Stands]:
    disinfected = {
        date_of(fact.record.time)
        for fact in view.facts
        if fact.record.type == "disinfection.recorded" and fact.record.data.scope == "premises"
    }
    today = date_of(now.instant)
    now.reached(start_of(day_after(today)))  # then another day is looked at
    for back in range(now.book.longest_kept(), -1, -1):
        day = day_after(today, -back)
        rules = now.book.on(day)
        if rules.disinfection_by is None or rules.cutoff is None or rules.day_kept is None:
            continue
        if day <= date_of(_first_registered(view)):
            continue
        due = start_of(day_after(day)) + rules.disinfection_by
        over = now.reached(start_of(day_after(day)) + rules.day_kept)
        if over or (
            registrations.dealing_since() <= start_of(day) + rules.cutoff
            and day not in _declared(view)
            and day not in disinfected
            and now.reached(due)
        ):
            detail = {"day": day, "due": format_instant(due)}
            yield Stands("disinfection-missing", view.operator, day, due, detail, over)


def _silent(view: View, registrations: Registrations, now: Now) -> Iterator[Stands]:
    rules = now.parameters()
    if rules.silent_after is None or rules.cutoff is None:
        return
    activity = [date_of(fact.record.time) for fact in view.facts if fact.record.type in ACTIVITY]
    base = max([*activity, date_of(_first_registered(view)), date_of(registrations.dealing_since())])
    declared, counted, day = _declared(view), 0, base
    while counted < rules.silent_after:
        day = day_after(day)
        counted += day not in declared
    due = start_of(day) + rules.cutoff
    if now.reached(due):
        yield Stands("silent", view.operator, view.operator, due, {"base": base, "due": format_instant(due)})


def _test_overdue(view: View, registrations: Registrations, now: Now) -> Iterator[Stands]:
    rules = now.parameters()
    if rules.test_every is None:
        return
    for spell in view.spells:
        if not spell.holds(now):
            continue
        dues: list[int] = []
        if rules.first_test_within is not None:
            dues.append(max(spell.began.record.recorded, registrations.dealing_since()) + rules.first_test_within)
        results = [standing_result(facts).record for facts in view.staff_samples.get(spell.staff, [])]
        taken = [record.time for record in results if record.data.result != "invalid"]
        if taken and rules.cutoff is not None:
            dues.append(start_of(day_after(date_of(max(taken)), rules.test_every)) + rules.cutoff)
        if dues and now.reached(due := max(dues)):
            detail = {"staff": spell.staff, "due": format_instant(due)}
            yield Stands("test-overdue", view.operator, spell.staff, due, detail)


def _not_activated(view: View, registrations: Registrations, now: Now) -> Iterator[Stands]:
    within = now.parameters().activate_within
    data = registrations.in_force()
    if within is None or data is None or data.status != "active":
        return
    if any(
        fact.record.type == "account.activated"
        or (fact.record.type == "operator.registered" and fact.record.data.activated)
        for fact in view.facts
    ):
        return
    due = _first_registered(view) + within
    if now.reached(due):
        yield Stands("not-activated", view.operator, view.operator, due, {"due": format_instant(due)})


NAMELESS = (
    "operator.registered",
    "account.activated",
    "staff.enrolled",
    "staff.left",
    "code.looked-up",
    "purchase.registered",
)
"""Types whose records do not make an operator known by name: the registry's and shoppers' (voids are no facts here)."""


def _unknown_operator(view: View, registrations: Registrations, now: Now) -> Iterator[Stands]:
    within = now.parameters().known_within
    naming = [fact.record.recorded for fact in view.facts if fact.record.type not in NAMELESS]
    if within is None or registrations.in_force() is not None or not naming:
        return
    due = min(naming) + within
    if now.reached(due):
        yield Stands("unknown-operator", view.operator, view.operator, due, {"due": format_instant(due)})
