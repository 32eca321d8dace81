"""When people are told: critical and at-once begins with their record, everything else with the next tick, once."""

from __future__ import annotations

from schemas.alerts import Kind
from schemas.notices import Change
from tests.unit.routing.district import DETAIL, PLACE, District, at

EVERYONE = ("owner", "officer", "grid")


def all_of(words: str, *people: str) -> dict[str, list[str]]:
    return {person: [words] for person in sorted(people)}


def test_a_gap_is_told_with_the_next_tick_to_the_three_who_can_act() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.expect({})
    district.tick("10:00:30")
    district.expect(all_of("begins papers-missing", *EVERYONE))
    district.tick("10:01")
    district.expect({})


def test_a_positive_is_told_with_its_record_to_the_desk_too() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, "10:00")
    notices = district.expect(
        {"owner": ["begins positive"], "officer": ["begins positive"], "grid": ["begins positive"]}
        | {"desk": ["begins positive"]}
    )
    assert all(notice.critical for notice in notices)
    district.tick("10:01")
    district.expect({})


def test_uncoded_goods_are_told_at_once_but_are_not_critical() -> None:
    district = District().staffed()
    district.fire(Kind.UNCODED_GOODS, "10:00")
    notices = district.expect(all_of("begins uncoded-goods", *EVERYONE))
    assert not any(notice.critical for notice in notices)


def test_the_end_of_an_at_once_kind_waits_for_the_tick() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, "10:00")
    district.notices.clear()
    district.resolve(Kind.POSITIVE, "10:10")
    district.expect({})
    district.tick("10:11")
    district.expect(all_of("ends positive", *EVERYONE, "desk"))


def test_what_one_tick_changes_for_one_recipient_is_one_notice_with_critical_ones_first_and_alone() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, "09:30")
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.fire(Kind.SOLD_EARLY, "10:00")
    district.fire(Kind.NOT_ON_CHAIN, "10:00", operator="B", subject="L9")
    district.resolve(Kind.POSITIVE, "10:00")
    district.tick("10:01")
    rest = "begins papers-missing + begins not-on-chain + begins sold-early"
    notices = district.expect(
        {
            "desk": ["ends positive", "begins not-on-chain"],  # nobody owns B, so the desk is told of it
            "grid": ["ends positive", rest],
            "officer": ["ends positive", rest],
            "owner": ["ends positive", "begins papers-missing + begins sold-early"],
        }
    )
    assert [notice.critical for notice in notices] == [True] * 4 + [False] * 4


def test_a_begin_that_ended_before_it_was_told_is_told_to_nobody() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00:01")
    district.resolve(Kind.PAPERS_MISSING, "10:00:20")
    district.tick("10:01")
    district.expect({})


def test_an_end_is_told_to_those_who_were_told_of_the_beginning() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.tick("10:00")
    district.notices.clear()
    district.resolve(Kind.PAPERS_MISSING, "10:30")
    district.tick("10:31")
    district.expect(all_of("ends papers-missing", *EVERYONE))
    district.tick("10:32")
    district.expect({})


def test_growing_is_told_and_shrinking_is_not() -> None:
    district = District().staffed()
    detail = {"lot": "L1", "goods": "fruit"}
    district.fire(Kind.PAPERS_MISSING, "10:00", detail=detail | {"missing": ["quarantine"]})
    district.tick("10:00")
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "10:01", detail=detail | {"missing": ["quarantine", "test"]})
    district.tick("10:02")
    district.expect(all_of("grows papers-missing", *EVERYONE))
    district.fire(Kind.PAPERS_MISSING, "10:03", detail=detail | {"missing": ["test"]})
    district.tick("10:04")
    district.expect({})


def test_what_shrank_and_is_missing_again_is_told_again() -> None:
    district = District().staffed()
    detail = {"lot": "L1", "goods": "fruit"}
    for clock, missing in (("10:00", ["quarantine", "test"]), ("10:02", ["test"])):
        district.fire(Kind.PAPERS_MISSING, clock, detail=detail | {"missing": missing})
        district.tick(clock)
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "10:04", detail=detail | {"missing": ["quarantine", "test"]})
    district.tick("10:04")
    district.expect(all_of("grows papers-missing", *EVERYONE))


def test_the_next_episode_is_told_as_a_beginning() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.tick("10:00")
    district.resolve(Kind.PAPERS_MISSING, "10:10")
    district.tick("10:11")
    district.notices.clear()
    district.fire(Kind.PAPERS_MISSING, "10:20")
    district.tick("10:20")
    notices = district.expect(all_of("begins papers-missing", *EVERYONE))
    assert {item.episode for notice in notices for item in notice.about} == {2}


def test_an_end_and_a_new_begin_between_two_ticks_are_one_beginning() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.tick("10:00")
    district.notices.clear()
    district.resolve(Kind.PAPERS_MISSING, "10:10:01")
    district.fire(Kind.PAPERS_MISSING, "10:11")
    district.tick("10:11")
    district.expect(all_of("begins papers-missing", *EVERYONE))


def test_a_revision_that_changes_neither_episode_nor_missing_is_told_to_nobody() -> None:
    district = District().staffed()
    district.fire(Kind.UNCODED_GOODS, "10:00")
    district.notices.clear()
    district.fire(Kind.UNCODED_GOODS, "10:05", since="2022-01-05T00:30:00.000Z")
    district.tick("10:06")
    district.expect({})


def test_info_kinds_are_told_in_the_daily_digest_to_officer_and_desk_only() -> None:
    district = District().staffed()
    district.fire(Kind.SILENT, "10:00")
    district.fire(Kind.NOT_ACTIVATED, "10:00", operator="B")
    district.tick("10:01")
    district.tick("08:29", "2022-01-06")
    district.expect({})
    district.tick("08:30", "2022-01-06")
    words = "begins silent + begins not-activated"
    district.expect({"desk": [words], "officer": [words]})


def test_an_info_alert_that_ended_before_the_digest_is_in_none() -> None:
    district = District().staffed()
    district.fire(Kind.SILENT, "10:00")
    district.resolve(Kind.SILENT, "15:00")
    district.tick("08:30", "2022-01-06")
    district.expect({})


def test_the_end_of_an_info_alert_is_in_the_next_digest() -> None:
    district = District().staffed()
    district.fire(Kind.SILENT, "08:00")
    district.tick("08:30")
    district.notices.clear()
    district.resolve(Kind.SILENT, "15:00")
    district.tick("15:01")
    district.expect({})
    district.tick("08:30", "2022-01-06")
    district.expect({"desk": ["ends silent"], "officer": ["ends silent"]})


def test_the_digest_and_the_gaps_of_one_tick_are_one_notice() -> None:
    district = District().staffed()
    district.fire(Kind.SILENT, "08:00")
    district.fire(Kind.PAPERS_MISSING, "08:30")
    district.tick("08:30")
    district.expect(
        {
            "desk": ["begins silent"],
            "grid": ["begins papers-missing"],
            "officer": ["begins papers-missing + begins silent"],
            "owner": ["begins papers-missing"],
        }
    )


def test_an_entry_that_comes_twice_changes_nothing() -> None:
    district = District().staffed()
    first = district.fire(Kind.POSITIVE, "10:00")
    second = district.fire(Kind.PAPERS_MISSING, "10:00")
    district.notices.clear()
    district.change(first)
    district.change(second)
    district.tick("10:01")
    district.expect(all_of("begins papers-missing", *EVERYONE))
    district.change(second)
    district.tick("10:02")
    district.expect({})


def test_an_alert_that_was_forgotten_and_begins_anew_is_told_like_a_new_one() -> None:
    district = District().staffed()
    for kind in (Kind.PAPERS_MISSING, Kind.UNCODED_GOODS):
        district.fire(kind, "10:00")
        district.tick("10:00")
        district.resolve(kind, "10:10", by="expired")
        district.tick("10:11")
    district.notices.clear()
    district._last.clear()
    for kind in (Kind.PAPERS_MISSING, Kind.UNCODED_GOODS):
        district.fire(kind, "12:00")
    district.expect(all_of("begins uncoded-goods", *EVERYONE))
    district.tick("12:00")
    district.expect(all_of("begins papers-missing", *EVERYONE))


def test_the_same_tick_worked_off_again_makes_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        district = District().staffed()
        district.fire(Kind.PAPERS_MISSING, "10:00")
        district.tick("10:01")
        ids.append([notice.id for notice in district.notices])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


def test_a_worker_that_dies_between_two_slices_leaves_nobody_out_and_tells_nobody_twice() -> None:
    district = District().staffed()
    district.assign("second", "officer", PLACE.office)
    district.tick("09:01")
    district.fire(Kind.PAPERS_MISSING, "10:00")
    *_, plan = district.machine._book.plan(list(district.machine.rows.due_until(district.now)))
    first, *_ = plan
    district.machine._book.done(first)
    district.restart()
    district.tick("10:01")
    notices = district.expect(
        all_of("begins papers-missing", *(job.name for job in plan[1:])),
    )
    assert {item.change for notice in notices for item in notice.about} == {Change.BEGINS}


def test_a_restart_tells_nobody_again() -> None:
    district = District().staffed()
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.fire(Kind.POSITIVE, "10:00")
    district.tick("10:01")
    district.notices.clear()
    district.restart()
    district.tick("10:02")
    district.expect({})
    district.resolve(Kind.PAPERS_MISSING, "10:03")
    district.tick("10:04")
    district.expect(all_of("ends papers-missing", *EVERYONE))


def test_a_resolved_alert_is_forgotten_after_thirty_days() -> None:
    district = District().staffed()
    rows = len(district.machine.rows)
    district.fire(Kind.PAPERS_MISSING, "10:00")
    district.tick("10:00")
    district.resolve(Kind.PAPERS_MISSING, "10:30")
    district.tick("10:31")
    assert len(district.machine.rows) == rows + 1
    district.tick("10:30", "2022-02-04")
    assert len(district.machine.rows) == rows


def test_the_two_hours_of_a_positive_run_from_its_beginning_for_whoever_is_told_later_too() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, "10:00")
    district.fire(Kind.POSITIVE, "10:40", detail=DETAIL[Kind.POSITIVE] | {"hazard": "salmonella"})
    district.restart()
    district.now = at("11:00")
    district.assign("second-officer", "officer", PLACE.office)
    district.tick("11:01")
    told = {notice.recipient: notice.lines[0] for notice in district.notices if notice.recipient != "grid"}
    assert set(told) == {"owner", "officer", "desk", "second-officer"}
    assert all("1月5日 12:00前" in line for line in told.values())


def test_they_run_anew_with_the_next_episode() -> None:
    district = District().staffed()
    district.fire(Kind.POSITIVE, "10:00")
    district.resolve(Kind.POSITIVE, "10:10")
    district.tick("10:11")
    district.notices.clear()
    district.fire(Kind.POSITIVE, "15:00")
    assert all("1月5日 17:00前" in notice.lines[0] for notice in district.notices if notice.recipient != "grid")
