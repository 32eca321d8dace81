"""Looking at a row: every kind that its subject can have, held against what was said."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from schemas.alerts import ABSENCE, Kind, alert_id
from schemas.times import date_of
from streams.facts import REACH, Closes, Fact, covers, when_forgotten
from streams.operators.model import (
    CLOSES,
    DAY,
    EXPOSURE,
    LOT,
    PROFILE,
    PULSE,
    SAMPLE,
    STAFF,
    Day,
    Exposure,
    Lot,
    Profile,
    Pulse,
    Sample,
    Staff,
)
from streams.operators.rules.account import Account, not_activated, silent, unknown_operator
from streams.operators.rules.days import disinfection_missing, next_day_due
from streams.operators.rules.goods import early_outflow, not_on_chain, sold_early, uncoded_goods
from streams.operators.rules.papers import Papers, papers_missing
from streams.operators.rules.positives import positive, staff_positive
from streams.operators.rules.staff import next_spell_change, spells, test_overdue
from streams.parameters import Rules
from streams.rows import NEVER, SEPARATOR, Row, Rows, row_key
from streams.standing import Case, Change, Said, Trigger, compare

HOME: dict[Kind, tuple[str, Row]] = {
    Kind.POSITIVE: (SAMPLE, Sample()),
    Kind.STAFF_POSITIVE: (EXPOSURE, Exposure()),
    Kind.UNCODED_GOODS: (DAY, Day()),
    Kind.DISINFECTION_MISSING: (DAY, Day()),
    Kind.PAPERS_MISSING: (LOT, Lot()),
    Kind.NOT_ON_CHAIN: (LOT, Lot()),
    Kind.SOLD_EARLY: (LOT, Lot()),
    Kind.TEST_OVERDUE: (STAFF, Staff()),
}
"""Kind → the form of the row it is about; the others are about the profile."""

Question = tuple[Kind, str, Case | None, bool]
"""A kind, its subject, what would stand, and whether the operator no longer does what the kind is about."""


class Told(msgspec.Struct, frozen=True):
    """One change of one alert, with what it is about."""

    kind: Kind
    operator: str
    subject: str
    case: Case | None
    change: Change


class Look(msgspec.Struct):
    """What came of looking at one row. `row` None: it is forgotten."""

    row: Row | None
    told: list[Told] = msgspec.field(default_factory=list)
    due: int = NEVER
    watch: bool = False


class Looker:
    """Looks at the rows of one operator as of one instant."""

    def __init__(self, operator: str, now: int, rows: Rows, rules: Rules) -> None:
        self.operator = operator
        self.now = now
        self.today = date_of(now)
        self.rows = rows
        self.rules = rules
        self.unpointed: list[str] = []  # closes that came before their alert was told, and do not know its row
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """The operator as the registry knows it."""
        if self._account is None:
            self._account = Account(self.rows.get(row_key(PROFILE, self.operator, ""), Profile) or Profile(), self.now)
        return self._account

    @property
    def pulse(self) -> Pulse:
        """When it was last named and at work."""
        return self.rows.get(row_key(PULSE, self.operator, ""), Pulse) or Pulse()

    def look(self, key: str, row: Row, trigger: Trigger) -> Look:
        """What stands of the row's subject now, what of it is to be said, and when to look again."""
        subject = key.split(SEPARATOR, 2)[2]
        if isinstance(row, Profile):
            return self._settle(row, list(self._of_profile()), trigger, self._profile_wakes())
        if not isinstance(row, Lot | Day | Sample | Staff | Exposure):
            raise TypeError(f"nobody looks at a {type(row).__name__}")
        declared = isinstance(row, Day) and bool(row.declared)  # counts for silence as long as the operator is known
        named = row.named or self.now
        if trigger.is_tick and self.now >= named + REACH and not declared:
            return Look(None, list(self.end_all(subject, row.said, trigger.as_forgotten())))
        questions, wakes = self._ask(subject, row)
        looked = self._settle(row, questions, trigger, [None if declared else when_forgotten(named, self.now), *wakes])
        looked.watch = looked.watch or declared or (isinstance(row, Staff) and bool(row.enrolled))
        return looked

    def _ask(self, subject: str, row: Row) -> tuple[list[Question], list[int | None]]:
        """What may stand of a subject, and when it changes by itself, beside what the cases say."""
        match row:
            case Lot():
                return list(self._of_lot(subject, row)), []
            case Day():
                return list(self._of_day(subject, row)), []
            case Sample():
                case = positive(subject, row, self.closes(Kind.POSITIVE, subject))
                return [(Kind.POSITIVE, subject, case, False)], []
            case Exposure():
                return [(Kind.STAFF_POSITIVE, subject, self._exposed(subject, row), False)], []
            case Staff():
                case = test_overdue(subject, row, self.account, self.rules)
                question = (Kind.TEST_OVERDUE, subject, case, not self.account.dealing)
                return [question], [next_spell_change(row, self.now)]
        raise TypeError(f"nobody asks of a {type(row).__name__}")

    def ask_one(self, kind: Kind, subject: str) -> tuple[Case | None, bool]:
        """What would stand of one kind and subject, and whether the operator no longer does what it is about."""
        form, empty = HOME.get(kind, (PROFILE, Profile()))
        row = self.rows.get(row_key(form, self.operator, "" if form == PROFILE else subject), Row) or empty
        questions = list(self._of_profile()) if form == PROFILE else self._ask(subject, row)[0]
        return next(((case, closed) for asked, _, case, closed in questions if asked is kind), (None, False))

    def end_all(self, subject: str, said: dict[str, Said], trigger: Trigger) -> Iterator[Told]:
        """What stands of a subject that is forgotten ends."""
        for name, last in said.items():
            kind = Kind(name)
            change = compare(
                last, None, trigger, kind=kind, operator=self.operator, subject=subject, place=self.account.place
            )
            if change is not None:
                yield Told(kind, self.operator, subject, None, change)

    def closes(self, kind: Kind, subject: str) -> tuple[Fact, ...]:
        """The closes that name an alert of this operator."""
        key = row_key(CLOSES, self.operator, alert_id(kind, self.operator, subject))
        row = self.rows.get(key, Closes)
        if row is None:
            return ()
        if not row.row:
            self.unpointed.append(key)
        return row.closes

    def _of_profile(self) -> Iterator[Question]:
        account, rules = self.account, self.rules
        yield Kind.SILENT, self.operator, silent(account, self.pulse, self._declared, rules), not account.dealing
        yield Kind.NOT_ACTIVATED, self.operator, not_activated(account, rules), not account.active
        yield Kind.UNKNOWN_OPERATOR, self.operator, unknown_operator(account, self.pulse, rules), False

    def _profile_wakes(self) -> list[int | None]:
        return [
            self.account.next_registration(),
            next_day_due(self.now, self.rules) if self.account.dealing else None,
        ]

    def _declared(self, day: str) -> bool:
        row = self.rows.get(row_key(DAY, self.operator, day), Day)
        return row is not None and bool(row.declared)

    def _of_lot(self, name: str, row: Lot) -> Iterator[Question]:
        papers = Papers(row, self.rules)
        if row.brought:
            yield Kind.PAPERS_MISSING, name, papers_missing(name, papers, self.now, self.today, self.rules), False
        elif (said := row.said.get(Kind.PAPERS_MISSING)) and said.firing:
            yield Kind.PAPERS_MISSING, name, None, False
        if row.scans or row.said:
            yield Kind.NOT_ON_CHAIN, name, not_on_chain(name, row, self.now, self.today, self.rules), False
            early = early_outflow(row, papers, self.today, self.rules)
            closes = self.closes(Kind.SOLD_EARLY, name) if early else ()
            yield Kind.SOLD_EARLY, name, sold_early(name, early, closes, self.now, self.today, self.rules), False

    def _of_day(self, day: str, row: Day) -> Iterator[Question]:
        if row.uncoded or row.said:
            closes = self.closes(Kind.UNCODED_GOODS, day)
            yield Kind.UNCODED_GOODS, day, uncoded_goods(day, row, closes, self.rules), False
        case = disinfection_missing(day, row, self.account, self.rules)
        yield Kind.DISINFECTION_MISSING, day, case, not self.account.dealing

    def _exposed(self, sample: str, row: Exposure) -> Case | None:
        """The positive sample of a staff member; of several who gave it the same name, the later record's."""
        closes = self.closes(Kind.STAFF_POSITIVE, sample)
        found: tuple[Fact, Case] | None = None
        for name in row.staff:
            staff = self.rows.get(row_key(STAFF, self.operator, name), Staff)
            for item in staff.samples if staff else ():
                if staff is None or item.sample != sample or item.positive is None or covers(closes, item.positive):
                    continue
                case = staff_positive(name, item, spells(staff), self.now, self.rules)
                if case is not None and (found is None or item.positive.later > found[0].later):
                    found = item.positive, case
        return found[1] if found else None

    def _settle(self, row: Row, questions: list[Question], trigger: Trigger, wakes: list[int | None]) -> Look:
        said: dict[str, Said] = row.said  # type: ignore[attr-defined]
        told: list[Told] = []
        for kind, subject, case, closed in questions:
            last = said.get(kind)
            if case is None and last is None:
                continue
            change = compare(
                last,
                case,
                trigger,
                kind=kind,
                operator=self.operator,
                subject=subject,
                place=self.account.place,
                closed=closed,
                withheld=bool(self.pulse.impaired) and kind in ABSENCE,
            )
            if change is not None:
                said = {**said, kind.value: change.said}
                told.append(Told(kind, self.operator, subject, case, change))
            if case is not None:
                wakes.append(case.next(self.now))
                if case.stands(self.now) and not closed and not (kind in said and said[kind].firing):
                    wakes.append(self.now + 1)  # it stands, but only a tick may tell it (or it is withheld): the next
        if told:
            row = replace(row, said=said)
        due = min((moment for moment in wakes if moment is not None), default=NEVER)
        return Look(row, told, due, any(last.firing for last in said.values()))
