"""What people read, word for word: a golden file for each kind, role and change, in `tests/golden/notices`.

To accept a new wording: `LIANFANG_TEST_GOLDEN=write pytest tests/unit/delivery/test_golden.py`; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schemas.alerts import Kind
from schemas.notices import SMS_ONE, SMS_PART, WECOM_MARKDOWN_BYTES, Change, Notice
from streams.delivery.sms import VARIABLE, render
from streams.routing.policy import digested
from tests.unit.routing.district import DETAIL, PLACE, District

GOLDEN = Path(__file__).parents[2] / "golden" / "notices"
GROWN = {
    Kind.PAPERS_MISSING: ["disinfection", "quarantine", "test", "trace-code"],
    Kind.SOLD_EARLY: ["test", "upload"],
}


def told(kind: Kind) -> list[tuple[Change, Notice]]:
    """The notices of an alert's life: begins, stands (for someone new), grows if it can, ends."""
    district = District().staffed()
    place = None if kind is Kind.UNKNOWN_OPERATOR else PLACE
    clock = "08:00" if digested(kind) else "10:00"
    district.fire(kind, clock, place=place)
    district.tick("08:30" if digested(kind) else "10:01")
    found = [(Change.BEGINS, notice) for notice in district.notices]
    district.notices.clear()
    if kind in GROWN:
        district.fire(kind, "11:00", detail=DETAIL[kind] | {"missing": GROWN[kind]})
        district.tick("11:01")
        found += [(Change.GROWS, notice) for notice in district.notices]
        district.notices.clear()
    district.resolve(kind, "19:30")
    district.tick("08:30", "2022-01-06") if digested(kind) else district.tick("19:31")
    return found + [(Change.ENDS, notice) for notice in district.notices]


def shown(notice: Notice) -> str:
    """A notice as a person reads it in either channel."""
    sms = notice.texts.sms
    values = "\n".join(f"  {name}: {value}" for name, value in sorted(sms.variables.items()))
    wecom = "\n--- \n".join(notice.texts.wecom.parts)
    head = f"[{notice.title}]{'（紧急）' if notice.critical else ''}{'（隐私）' if notice.private else ''}"
    text = f"【联防】{render(sms.template, sms.variables)}"
    return f"{head}\n\n{wecom}\n\n{sms.template}（{sms.length}字，{sms.parts}条）\n{text}\n{values}\n"


@pytest.mark.parametrize("kind", list(Kind))
def test_the_words_are_the_ones_agreed(kind: Kind) -> None:
    notices = told(kind)
    wanted = {path.name for path in (GOLDEN / kind).glob("*.txt")}
    made = {f"{notice.role}.{change}.txt": shown(notice) for change, notice in notices}
    assert len(made) == len(notices)
    if os.environ.get("LIANFANG_TEST_GOLDEN") == "write":
        (GOLDEN / kind).mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (GOLDEN / kind / name).write_text(text, encoding="utf-8")
        wanted = set(made)
    assert set(made) == wanted
    for name, text in made.items():
        assert text == (GOLDEN / kind / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_told_to_its_roles_at_begin_and_end(kind: Kind) -> None:
    roles = {"owner", "officer", "grid-worker"}
    if kind in (Kind.POSITIVE, Kind.STAFF_POSITIVE):
        roles |= {"duty-desk"}
    if digested(kind):
        roles = {"duty-desk"} if kind is Kind.UNKNOWN_OPERATOR else {"officer", "duty-desk"}
    for wanted in (Change.BEGINS, Change.ENDS):
        assert {notice.role for change, notice in told(kind) if change is wanted} == roles


@pytest.mark.parametrize("kind", list(Kind))
def test_nobody_asks_a_grid_worker_to_seal_or_to_enforce(kind: Kind) -> None:
    for _, notice in told(kind):
        if notice.role == "grid-worker":
            for word in ("封存", "查封", "扣押", "处罚", "依法处理", "责令", "立案", "销毁", "执法"):
                assert word not in shown(notice)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_single_notice_fits_one_message_and_two_parts_of_an_sms(kind: Kind) -> None:
    for _, notice in told(kind):
        (part,) = notice.texts.wecom.parts
        assert len(part.encode()) <= WECOM_MARKDOWN_BYTES
        sms = notice.texts.sms
        assert sms.length == len("【联防】") + len(render(sms.template, sms.variables))
        assert sms.parts == (1 if sms.length <= SMS_ONE else -(-sms.length // SMS_PART))
        assert sms.parts <= 2
        assert all(1 <= len(value) <= VARIABLE for value in sms.variables.values())
        assert "http" not in render(sms.template, sms.variables)
