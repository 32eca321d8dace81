"""From what one person is to be told at once to the notice she gets: items in order, title, texts ready per channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.alerts import PRIVATE, Kind
from schemas.notices import About, Change, Notice, Reach, SmsText, Texts, notice_id
from schemas.registry import Role
from schemas.times import format_instant
from streams.delivery import sms, wecom
from streams.delivery.sentences import Sentence, Setting, by_when, sentence
from streams.routing.audience import way_to
from streams.routing.model import Assignment
from streams.routing.policy import critical, severity
from streams.routing.rules import Telling

_DRILL = "（演练）"
_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Manner:
    """What is the same for all notices of one occasion. `cause` makes the ids; `overdue` counts by operator; `began`:
    critical alert → when its episode began.
    """

    cause: tuple[str, ...]
    at: int
    cutoff: int
    sign: str
    overdue: dict[str, int]
    began: dict[str, int] = field(default_factory=dict)


def order(telling: Telling) -> tuple[int, bool, int, str, str]:
    """Critical first, what is open before what has ended, then by kind and operator."""
    case = telling.case
    rank = _SEVERITIES.index(severity(case.kind))
    return rank, telling.change is Change.ENDS, list(Kind).index(case.kind), case.operator, case.subject


def compose(person: str, assigned: Assignment, tellings: Sequence[Telling], manner: Manner) -> Notice:
    """One notice for one person. ValueError if she has no channel that is served (the audience knows)."""
    way = way_to(assigned)
    if way is None:
        raise ValueError("a notice needs a channel")
    ordered = sorted(tellings, key=order)
    items = _items(ordered, manner)
    opened = [item for item, is_open in items if is_open]
    ended = [item for item, is_open in items if not is_open]
    urgent = critical(ordered[0].case.kind)
    drill = any(telling.case.drill for telling in ordered)
    title = (_DRILL if drill else "") + _title(ordered, len(opened), len(ended), urgent=urgent)
    lines = _numbered(opened, ended)
    return Notice(
        id=notice_id(person, *manner.cause),
        recipient=person,
        role=assigned.role,
        group=assigned.group,
        channel=way.kind,
        address=way.address,
        channels=[Reach(item.kind, item.address) for item in assigned.ways],
        critical=urgent,
        private=any(telling.case.kind in PRIVATE for telling in ordered),
        drill=drill,
        made_at=format_instant(manner.at),
        changed_at=format_instant(min(telling.case.changed_at for telling in ordered)),
        title=title,
        lines=lines,
        about=[about(telling) for telling in ordered],
        texts=Texts(
            wecom=wecom.markdown(title, lines, urgent=urgent and bool(opened)),
            sms=_sms(opened, ended, assigned.role, manner, mark=_DRILL if drill else ""),
        ),
    )


def announce(person: str, assigned: Assignment, words: Sentence, manner: Manner, *, drill: bool) -> Notice:
    """A notice that is about no alert: a feed stands still."""
    way = way_to(assigned)
    if way is None:
        raise ValueError("a notice needs a channel")
    title, mark = (f"{_DRILL}数据接口", _DRILL) if drill else ("数据接口", "")
    return Notice(
        id=notice_id(person, *manner.cause),
        recipient=person,
        role=assigned.role,
        group=assigned.group,
        channel=way.kind,
        address=way.address,
        channels=[Reach(item.kind, item.address) for item in assigned.ways],
        critical=False,
        private=False,
        drill=drill,
        made_at=format_instant(manner.at),
        changed_at=format_instant(manner.at),
        title=title,
        lines=[str(words)],
        about=[],
        texts=Texts(wecom=wecom.markdown(title, [str(words)]), sms=sms.one(words, sign=manner.sign, mark=mark)),
    )


def about(telling: Telling) -> About:
    """What a telling says, for whoever counts: as what she is told, and for whom she stands in."""
    case = telling.case
    stands_in = list(dict.fromkeys(lacking.role for lacking in telling.instead_of)) if telling.reason is None else []
    at = format_instant(case.changed_at)
    return About(case.id, case.kind, case.operator, case.episode, telling.change, telling.role, at, stands_in)


def _items(ordered: list[Telling], manner: Manner) -> list[tuple[Sentence, bool]]:
    """A sentence for each telling and whether it is open. Overdue tests, where only the number is told: one a shop."""
    items: list[tuple[Sentence, bool]] = []
    counted: set[str] = set()
    for telling in ordered:
        case = telling.case
        overdue = manner.overdue.get(case.operator, 0)
        is_open = telling.change is not Change.ENDS
        if case.kind is Kind.TEST_OVERDUE and telling.role is not Role.OWNER:
            if case.operator in counted:
                continue
            counted.add(case.operator)
            is_open = overdue > 0
        began = manner.began.get(case.id, case.changed_at)
        items.append((sentence(telling, Setting(manner.at, manner.cutoff, overdue, began)), is_open))
    return items


def _title(ordered: list[Telling], opened: int, ended: int, *, urgent: bool) -> str:
    if not urgent:
        return f"联防提醒：{'、'.join(_counts(opened, ended))}"
    if not opened:
        return "紧急事项已解除"
    health = all(item.case.kind is Kind.STAFF_POSITIVE and item.role is not Role.DUTY_DESK for item in ordered)
    return "紧急：健康事项" if health else "紧急：检出阳性"


def _counts(opened: int, ended: int) -> list[str]:
    return [f"{opened}项待办"] * bool(opened) + [f"{ended}项已解除"] * bool(ended)


def _numbered(opened: list[Sentence], ended: list[Sentence]) -> list[str]:
    if len(opened) + len(ended) == 1:
        return [str(item) for item in (*opened, *ended)]
    return [f"{number}. {item}" for number, item in enumerate((*opened, *ended), 1)]


def _sms(opened: list[Sentence], ended: list[Sentence], role: Role, manner: Manner, *, mark: str) -> SmsText:
    items = [*opened, *ended]
    if len(items) == 1:
        return sms.one(items[0], sign=manner.sign, mark=mark)
    by = by_when(Setting(manner.at, manner.cutoff))
    todo = "请知悉" if not opened else f"请在{by}前处理" if role is Role.OWNER else "请尽快查看处理"
    return sms.several("、".join(_counts(len(opened), len(ended))), items, todo, sign=manner.sign, mark=mark)
