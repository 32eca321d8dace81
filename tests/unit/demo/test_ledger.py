"""The ledger: what it calls told, missed, false, doubled and lost, each from a small piece of evidence."""

from __future__ import annotations

import io

import orjson
import pytest
from rich.console import Console

from connectors.demo.ledger.count import Sums, count
from connectors.demo.ledger.delays import spread
from connectors.demo.ledger.evidence import PUBLISHED, Evidence, OnPhone, Seen
from connectors.demo.ledger.show import as_json, show
from connectors.demo.truth import Planted
from schemas.alerts import alert_id
from schemas.times import MINUTE, format_instant, parse_instant

AT = parse_instant("2022-01-06T09:00:00+08:00")
PLACE = {"county": "330111", "town": "T", "grid": "G", "office": "S"}
PEOPLE = (
    ("owner-1", "owner", {"operators": ["A"]}, False),
    ("officer-1", "officer", {"offices": ["S"]}, False),
    ("grid-1", "grid-worker", {"grids": ["G"]}, False),
    ("desk-1", "duty-desk", {"counties": ["330111"]}, False),
    ("office-group", "officer", {"offices": ["S"]}, True),
)


def event(kind: str, identity: str, data: dict) -> bytes:
    attributes = {"specversion": "1.0", "id": identity, "source": "/t", "type": kind, "time": format_instant(AT)}
    return orjson.dumps({**attributes, "data": data})


class Case:
    """Evidence put together by hand."""

    def __init__(self) -> None:
        self.evidence = Evidence(sandbox=True)
        for name, role, areas, group in PEOPLE:
            data = {"person": name, "name": name, "role": role, "group": group, **areas}
            data["channels"] = [{"kind": "sms", "address": "1"}]
            self.published("registry", "person.assigned", name, data, entry="notice-journal")

    def published(self, topic, kind, identity, data, *, entry: str | None = "operator-journal") -> Seen:
        value = event(kind, identity, data)
        offset = len(self.evidence.public)
        headers = {PUBLISHED: b"%d" % (AT + 1)}
        seen = Seen(topic, 0, offset, AT - MINUTE, headers, value, AT)
        self.evidence.public.append(seen)
        if entry is not None:
            self.journaled(seen, entry)
        return seen

    def journaled(self, seen: Seen, entry: str) -> None:
        origin = f"{seen.topic}/{seen.partition}/{seen.offset}".encode()
        recorded = b"%d" % seen.timestamp
        headers = {"lianfang-entry": b"record", "lianfang-origin": origin, "lianfang-recorded": recorded}
        self.evidence.journals.append(Seen(entry, 0, seen.offset, AT, headers, seen.value, AT))

    def alert(self, kind="uncoded-goods", *, status="firing", revision=1, at=AT, episode=1, operator="A") -> str:
        identity = alert_id(kind, operator, "S1")
        value = {
            "id": identity,
            "kind": kind,
            "operator": operator,
            "subject": "S1",
            "status": status,
            "episode": episode,
            "revision": revision,
            "changed_at": format_instant(at),
            "place": PLACE,
            "because": [{"source": "/t", "id": "r1"}],
        }
        self.evidence.alerts.append(Seen("alerts", 0, 0, at, {}, orjson.dumps(value), AT + 50))
        return identity

    def told(self, alert: str, *people: str, change: str = "begins", notice: str = "", phone: bool = True) -> None:
        for person in people:
            identity = f"{notice}{person}-{alert[:4]}"
            about = [{"alert": alert, "episode": 1, "change": change, "role": "owner"}]
            self.evidence.notices[identity] = {"id": identity, "recipient": person, "about": about}
            if phone:
                self.evidence.phones.append(OnPhone(identity, person, f"words {identity}", AT + MINUTE, AT + 101))
                self.evidence.receipts.append({"notice": identity, "outcome": "accepted"})

    def sums(self, *truth: Planted) -> Sums:
        return count(self.evidence, truth, {"fruit"}, "330111")


def planted(kind="uncoded-goods", begins=AT, ends=None) -> Planted:
    return Planted(kind, "A", "S1", begins, ends, "for the test")


ALL = ("owner-1", "officer-1", "grid-1", "office-group")


def test_it_can_be_said_as_json():
    case = Case()
    case.told(case.alert(), *ALL)
    said = orjson.loads(orjson.dumps(as_json(case.sums(planted()))))
    assert said["clean"] is True
    assert said["outcomes"] == {"accepted": 4}
    assert said["kinds"]["uncoded-goods"]["told"] == 1


def test_it_can_be_read_as_a_table():
    case = Case()
    console = Console(width=110, file=io.StringIO())
    show(case.sums(planted()), console)
    text = console.file.getvalue()
    assert "missed: uncoded-goods A S1" in text
    assert "NOT CLEAN: missed: 1" in text


def test_what_was_planted_and_told_to_everyone_concerned_is_clean():
    case = Case()
    case.told(case.alert(), *ALL)
    sums = case.sums(planted())
    assert sums.wrong == []
    assert (sums.kinds["uncoded-goods"].planted, sums.kinds["uncoded-goods"].told) == (1, 1)


def test_what_nobody_was_alerted_of_is_missed():
    assert case_missed(Case().sums(planted())) == ["uncoded-goods A S1"]


def case_missed(sums: Sums) -> list[str]:
    return [line.split(",")[0] for line in sums.missed]


def test_one_person_who_was_not_told_is_a_miss_and_is_named():
    case = Case()
    case.told(case.alert(), "owner-1", "officer-1", "office-group")
    assert case.sums(planted()).missed[0].endswith("not told: grid-1")


def test_a_notice_that_no_phone_shows_has_told_nobody():
    case = Case()
    alert = case.alert()
    case.told(alert, *ALL[1:])
    case.told(alert, "owner-1", phone=False)
    assert case.sums(planted()).missed[0].endswith("not told: owner-1")


def test_an_alert_that_nobody_planted_is_false():
    case = Case()
    case.alert()
    assert len(case.sums().false) == 1


def test_an_alert_before_its_time_is_false_and_the_gap_is_missed():
    case = Case()
    case.told(case.alert(at=AT - MINUTE), *ALL)
    sums = case.sums(planted())
    assert (len(sums.false), len(sums.missed)) == (1, 1)


def test_a_second_episode_is_another_thing_to_be_told():
    case = Case()
    case.told(case.alert(), *ALL)
    case.alert(status="resolved", revision=2, at=AT + MINUTE)
    case.alert(revision=3, at=AT + 2 * MINUTE, episode=2)
    sums = case.sums(planted(ends=AT + MINUTE), planted(begins=AT + 2 * MINUTE))
    assert case_missed(sums) == ["uncoded-goods A S1"]  # nobody was told of the second
    assert sums.false == []


def test_an_end_that_should_not_have_been_is_wrong():
    case = Case()
    case.told(case.alert(), *ALL)
    case.alert(status="resolved", revision=2, at=AT + MINUTE)
    assert len(case.sums(planted()).ends) == 1


def test_a_revision_that_comes_twice_is_doubled():
    case = Case()
    case.told(case.alert(), *ALL)
    case.alert()
    assert len(case.sums(planted()).doubled) == 1


def test_two_notices_of_one_begin_to_one_person_are_doubled():
    case = Case()
    alert = case.alert()
    case.told(alert, *ALL)
    case.told(alert, "owner-1", notice="again-")
    assert len(case.sums(planted()).doubled) == 1


def test_the_same_message_twice_on_a_phone_is_doubled_unless_it_says_so():
    case = Case()
    case.told(case.alert(), *ALL)
    case.evidence.phones.append(case.evidence.phones[0])
    assert len(case.sums(planted()).doubled) == 1
    first = case.evidence.phones[0]
    case.evidence.phones[-1] = OnPhone(first.notice, first.to, f"【重发】{first.body}", first.at, first.wall)
    assert case.sums(planted()).doubled == []


def test_the_end_is_no_second_begin():
    case = Case()
    alert = case.alert()
    case.told(alert, *ALL)
    case.told(alert, *ALL, change="ends", notice="end-")
    assert case.sums(planted()).wrong == []


def test_what_is_private_is_asked_of_no_group_but_then_of_the_desk():
    case = Case()
    case.told(case.alert("test-overdue"), "owner-1", "officer-1", "grid-1")
    assert case.sums(planted("test-overdue")).missed[0].endswith("not told: desk-1")


def test_what_is_critical_concerns_the_desk_too():
    case = Case()
    case.told(case.alert("positive"), *ALL)
    assert case.sums(planted("positive")).missed[0].endswith("not told: desk-1")


def test_what_is_only_in_a_digest_concerns_officers_and_desk():
    case = Case()
    case.told(case.alert("silent"), "officer-1", "office-group", "desk-1")
    assert case.sums(planted("silent")).missed == []


def test_a_record_that_is_in_no_journal_and_no_dead_letter_is_lost():
    case = Case()
    case.published("scan-events", "goods.sold", "r1", {"operator": "A"}, entry=None)
    flow = case.sums().flows["scan-events"]
    assert (flow.published, flow.lost, flow.applied) == (1, 1, 0)
    assert case.sums().wrong == ["records lost: 1"]


def test_records_add_up_applied_refused_and_duplicate():
    case = Case()
    case.published("scan-events", "goods.sold", "r1", {"operator": "A"})
    case.published("scan-events", "goods.sold", "r1", {"operator": "A"})
    refused = case.published("scan-events", "goods.teleported", "r2", {"operator": "A"}, entry=None)
    headers = {"reason": b"unknown-type", "origin-topic": b"scan-events", "origin-partition": b"0"}
    headers["origin-offset"] = b"%d" % refused.offset
    case.evidence.letters.append(Seen("dead-letters", 0, 0, AT, headers, refused.value, AT))
    sums = case.sums()
    flow = sums.flows["scan-events"]
    assert (flow.published, flow.applied, flow.refused, flow.duplicate, flow.lost) == (3, 1, 1, 1, 0)
    assert sums.reasons == {"unknown-type": 1}


def test_a_record_that_is_journaled_twice_is_doubled():
    case = Case()
    seen = case.published("scan-events", "goods.sold", "r1", {"operator": "A"})
    case.journaled(seen, "operator-journal")
    assert case.sums().wrong == ["records journaled twice: 1"]


def test_too_many_messages_for_a_grid_worker_are_wrong():
    case = Case()
    for number in range(9):
        case.evidence.notices[f"n{number}"] = {"id": f"n{number}", "recipient": "grid-1", "about": []}
        case.evidence.phones.append(OnPhone(f"n{number}", "1", f"words {number}", AT, AT))
    assert case.sums().wrong == ["a grid worker gets 9 messages a day at p95, more than 8"]


def test_delays_of_what_is_told_at_once_are_wall_milliseconds_from_publishing():
    case = Case()
    case.published("scan-events", "goods.sold", "r1", {"operator": "A"})
    case.told(case.alert(), *ALL)
    delays = case.sums(planted()).delays
    assert delays["at once: published → alert, ms"].p50 == 49
    assert delays["at once: published → on a phone, ms"].p50 == 100


@pytest.mark.parametrize(
    ("values", "told"),
    [([], (0, 0, 0, 0)), ([3], (1, 3, 3, 3)), (range(1, 101), (100, 50, 96, 100)), ([1, 1, 9], (3, 1, 9, 9))],
)
def test_a_spread_is_number_median_p95_and_most(values, told):
    found = spread(values)
    assert (found.n, found.p50, found.p95, found.most) == told
