"""Why an alert of an operator stands, or does not: the conditions of its kind, one by one, by the same facts and rules.

Whether it stands is asked of the rules themselves (`Looker.ask_one`); what is added here is only how each condition is
called and whether it holds. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.alerts import ABSENCE, Kind
from schemas.times import date_of, format_instant, start_of
from streams.explanation import Condition, Explanation, in_use
from streams.facts import Fact, covers
from streams.kinds import basis
from streams.operators.looking import Looker
from streams.operators.model import DAY, EXPOSURE, LOT, OUTFLOW, SAMPLE, STAFF, Day, Exposure, Lot, Sample, Staff
from streams.operators.rules.papers import Papers
from streams.operators.rules.staff import spells
from streams.results import standing
from streams.rows import row_key


def explain(looker: Looker, kind: Kind, subject: str) -> Explanation:
    """Why this alert stands, or does not, as of the looker's instant."""
    case, closed = looker.ask_one(kind, subject)
    conditions = [in_use(kind, subject, looker.today, looker.rules), *_CONDITIONS[kind](looker, subject)]
    if kind in ABSENCE:
        conditions.append(Condition("no record of the operator waits for a repair of ours", not looker.pulse.impaired))
    if case is not None and case.due is not None:
        due = format_instant(case.due)
        conditions.append(Condition(f"the last tick has reached {due}, when it falls due", case.due <= looker.now))
    if case is not None and case.until is not None:
        until = format_instant(case.until)
        conditions.append(
            Condition(f"its time is not over: it is told until before {until}", not case.expired(looker.now))
        )
    return Explanation(
        kind,
        looker.operator,
        subject,
        looker.now,
        case is not None and not closed and case.stands(looker.now),
        tuple(conditions),
        case.due if case else None,
        case.until if case else None,
        basis(kind, subject, case, looker.today, looker.rules),
    )


def _papers_missing(looker: Looker, lot: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(LOT, looker.operator, lot), Lot) or Lot()
    papers = Papers(row, looker.rules)
    yield Condition(f"the operator uploaded lot {lot}", bool(papers.uploads), tuple(papers.uploads))
    if papers.uploads:
        missing = papers.missing()
        required = ", ".join(sorted(papers.required)) or "nothing"
        said = f"of what {papers.goods} needs by a first upload on {papers.first_day} ({required}) something is missing"
        yield Condition(f"{said}: {', '.join(missing) or 'no, all of it is there'}", bool(missing), row.brought)


def _covering(row: Lot) -> tuple[Fact, ...]:
    return (*(item for item in row.brought if item.goods), *(scan for scan in row.scans if scan.supplied))


def _not_on_chain(looker: Looker, lot: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(LOT, looker.operator, lot), Lot) or Lot()
    yield Condition(f"goods of lot {lot} were scanned", bool(row.scans), row.scans)
    covering = _covering(row)
    yield Condition("it was never uploaded, nor received with a supplier named", not covering, covering)


def _sold_early(looker: Looker, lot: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(LOT, looker.operator, lot), Lot) or Lot()
    outflow = tuple(scan for scan in row.scans if scan.type in OUTFLOW)
    yield Condition(f"lot {lot} was sold or dispatched", bool(outflow), outflow)
    if outflow:
        case, _ = looker.ask_one(Kind.SOLD_EARLY, lot)
        said = "some of that came before the lot was covered, or before its papers, and no close covers it"
        missing = (
            f": missing then {', '.join(case.detail['missing'])}" if case else f" ({', '.join(sorted(_needs(row)))})"
        )
        yield Condition(said + missing, case is not None, case.facts if case else _covering(row))


def _needs(row: Lot) -> set[str]:
    """What covered the sales, in words."""
    return {"uploaded" if item.type == "lot.uploaded" else "received from a supplier" for item in _covering(row)} or {
        "closed by word"
    }


def _uncoded_goods(looker: Looker, day: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(DAY, looker.operator, day), Day) or Day()
    closes = looker.closes(Kind.UNCODED_GOODS, day)
    left = tuple(scan for scan in row.uncoded if not covers(closes, scan))
    yield Condition(f"goods were scanned without lot and box on {day}", bool(row.uncoded), row.uncoded)
    yield Condition("not all of these scans are covered by a close", bool(left) or not row.uncoded, closes)


def _positive(looker: Looker, sample: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(SAMPLE, looker.operator, sample), Sample) or Sample()
    test = standing(row.tests, [item.result for item in row.tests])
    found = test.result if test else "none"
    yield Condition(f"the standing result of sample {sample} is positive: {found}", found == "positive", row.tests)
    if test is not None:
        closes = looker.closes(Kind.POSITIVE, sample)
        yield Condition("no close covers it", not covers(closes, test), closes)


def _staff_positive(looker: Looker, sample: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(EXPOSURE, looker.operator, sample), Exposure) or Exposure()
    closes = looker.closes(Kind.STAFF_POSITIVE, sample)
    found: list[Fact] = []
    for name in row.staff:
        staff = looker.rows.get(row_key(STAFF, looker.operator, name), Staff)
        found += [i.positive for i in (staff.samples if staff else ()) if i.sample == sample and i.positive]
    said = f"the standing result of staff sample {sample} is positive, and it is known here by an enrolment"
    yield Condition(said, bool(found), tuple(found))
    if found:
        yield Condition("no close covers it", not all(covers(closes, item) for item in found), closes)
        case, _ = looker.ask_one(Kind.STAFF_POSITIVE, sample)
        yield Condition("a spell with the operator overlaps the infectious time from the sample on", case is not None)


def _dealing(looker: Looker) -> Condition:
    registration = looker.account.in_force
    facts = (registration,) if registration else ()
    return Condition("the operator deals now (registered, active, trades in the goods)", looker.account.dealing, facts)


def _disinfection_missing(looker: Looker, day: str) -> Iterator[Condition]:
    account = looker.account
    row = looker.rows.get(row_key(DAY, looker.operator, day), Day) or Day()
    yield _dealing(looker)
    cutoff = looker.rules.value("cutoff", day)
    if cutoff is not None:
        said = f"it dealt at the cutoff of {day} and ever since"
        yield Condition(said, account.dealing_from(start_of(day) + cutoff))
    first = account.first_recorded
    yield Condition(f"{day} is after the day of its first registration", first is not None and day > date_of(first))
    yield Condition(f"{day} was not declared as a day without trade", not row.declared, row.declared)
    yield Condition(f"no disinfection of the premises is recorded on {day}", not row.disinfected, row.disinfected)


def _silent(looker: Looker, _: str) -> Iterator[Condition]:
    yield _dealing(looker)
    last, recent = looker.pulse.last_active, looker.pulse.recent[:1]
    yield Condition(
        f"the last activity, which it is counted from, was on {last or 'no day that is known'}", True, recent
    )


def _test_overdue(looker: Looker, staff: str) -> Iterator[Condition]:
    row = looker.rows.get(row_key(STAFF, looker.operator, staff), Staff) or Staff()
    yield _dealing(looker)
    worked = [spell for spell in spells(row) if spell.holds(looker.now)]
    yield Condition(f"{staff} works here now", bool(worked), (*row.enrolled, *row.left))
    sample = row.last_sample
    when = format_instant(sample.time) if sample else "none is known"
    yield Condition(f"the last sample that counts: {when}", True, (sample,) if sample else ())


def _not_activated(looker: Looker, _: str) -> Iterator[Condition]:
    profile = looker.account.profile
    yield Condition("the operator is active now", looker.account.active, profile.registrations)
    activated = (*profile.activations, *(item for item in profile.registrations if item.activated))
    yield Condition("nobody activated its account", not activated, activated)


def _unknown_operator(looker: Looker, _: str) -> Iterator[Condition]:
    yield Condition("records name the operator", bool(looker.pulse.mentions), looker.pulse.mentions)
    in_force = looker.account.in_force
    yield Condition("no registration of it is in force", in_force is None, (in_force,) if in_force else ())


_CONDITIONS = {
    Kind.POSITIVE: _positive,
    Kind.STAFF_POSITIVE: _staff_positive,
    Kind.UNCODED_GOODS: _uncoded_goods,
    Kind.PAPERS_MISSING: _papers_missing,
    Kind.NOT_ON_CHAIN: _not_on_chain,
    Kind.SOLD_EARLY: _sold_early,
    Kind.DISINFECTION_MISSING: _disinfection_missing,
    Kind.SILENT: _silent,
    Kind.TEST_OVERDUE: _test_overdue,
    Kind.NOT_ACTIVATED: _not_activated,
    Kind.UNKNOWN_OPERATOR: _unknown_operator,
}
