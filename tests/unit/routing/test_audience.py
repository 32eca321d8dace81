"""Who is told of an alert as it stands: for every kind, everyone of the roles that the contract names, and nobody else;
and for every way in which a role can be lacking, who is told instead or that nobody is.
"""

from __future__ import annotations

import pytest

from schemas.alerts import PRIVATE, SEVERITY, Kind, Severity
from schemas.notices import Suppressed
from schemas.registry import ChannelKind, Role
from streams.routing.audience import Hearer, audience, way_to
from streams.routing.model import FORMS, Assignment, Case, Lacking, Way, area_of
from streams.routing.people import Directory
from streams.rows import Rows

PLACE = ("330111", "330111001", "330111001003", "330111-S01")
AREAS = {
    Role.OWNER: area_of(Role.OWNER, "A"),
    Role.OFFICER: area_of(Role.OFFICER, PLACE[3]),
    Role.GRID_WORKER: area_of(Role.GRID_WORKER, PLACE[2]),
    Role.DUTY_DESK: area_of(Role.DUTY_DESK, PLACE[0]),
}
NEAR = {Role.OWNER, Role.OFFICER, Role.GRID_WORKER}
WECOM = (Way(ChannelKind.WECOM_ROBOT, "k"),)


def case(kind: Kind, place=PLACE, operator: str = "A") -> Case:
    return Case("a", kind, operator, "s", True, 1, 1, 0, 0, None, place, {}, False, "")


def directory(people: dict[Role, dict[str, object]]) -> Directory:
    """One person for each role, called by it; what is particular about her."""
    made = Directory(Rows(FORMS))
    for number, (role, own) in enumerate(people.items()):
        values = {"group": False, "role": role, "areas": (AREAS[role],), "ways": WECOM} | own
        made.change(str(role), 0, fact=Assignment(number, number, "hr", f"r{number}", **values))
    return made


def told(kind: Kind, people: dict[Role, dict[str, object]], **changes) -> tuple[set[str], tuple[Lacking, ...]]:
    found = audience(case(kind, **changes), directory(people), "330111")
    return {hearer.person for hearer in found.hearers}, found.suppressed


EVERYONE: dict[Role, dict[str, object]] = {role: {} for role in Role}


def wanted(kind: Kind) -> set[Role]:
    """The contract's words, section 4."""
    severity = SEVERITY.get(kind, Severity.WARNING)
    if severity is Severity.INFO:
        return {Role.OFFICER, Role.DUTY_DESK}
    return NEAR | ({Role.DUTY_DESK} if severity is Severity.CRITICAL else set())


@pytest.mark.parametrize("kind", Kind)
def test_where_everyone_is_there_just_the_roles_of_the_contract_are_told(kind):
    assert told(kind, EVERYONE) == ({str(role) for role in wanted(kind)}, ())


@pytest.mark.parametrize("gone", sorted(NEAR))
@pytest.mark.parametrize("kind", Kind)
def test_for_a_role_that_nobody_holds_the_desk_is_told_with_that_said(kind, gone):
    people = {role: {} for role in Role if role is not gone}
    found = audience(case(kind), directory(people), "330111")
    heard = {hearer.person: hearer for hearer in found.hearers}
    if gone in wanted(kind):
        desk = heard[str(Role.DUTY_DESK)]
        assert desk == Hearer(desk.person, Role.DUTY_DESK, (Lacking(gone, Suppressed.NOBODY, AREAS[gone]),))
    assert set(heard) == {str(role) for role in (wanted(kind) - {gone}) | ({Role.DUTY_DESK} & _asked(kind, gone))}
    assert found.suppressed == ()


def _asked(kind: Kind, gone: Role) -> set[Role]:
    return {Role.DUTY_DESK} if Role.DUTY_DESK in wanted(kind) or gone in wanted(kind) else set()


@pytest.mark.parametrize("kind", Kind)
def test_where_there_is_nobody_at_all_that_is_said_of_every_role(kind):
    heard, suppressed = told(kind, {})
    assert heard == set()
    assert {lacking.role for lacking in suppressed} == wanted(kind)
    assert {lacking.reason for lacking in suppressed} == {Suppressed.NOBODY}


@pytest.mark.parametrize("kind", Kind)
def test_a_group_hears_nothing_private_and_everything_else(kind):
    people = {role: {"group": True} for role in Role}
    heard, suppressed = told(kind, people)
    if kind in PRIVATE:
        assert heard == set()
        assert {lacking.reason for lacking in suppressed} == {Suppressed.PRIVATE}
    else:
        assert heard == {str(role) for role in wanted(kind)}


def test_one_without_a_channel_that_a_bridge_serves_can_not_be_told_and_the_desk_is():
    dingtalk = {"ways": (Way(ChannelKind.DINGTALK_ROBOT, "k"),)}
    heard, suppressed = told(Kind.PAPERS_MISSING, EVERYONE | {Role.OFFICER: dingtalk})
    assert heard == {str(role) for role in (NEAR - {Role.OFFICER}) | {Role.DUTY_DESK}}
    assert [(one.person, one.reason) for one in suppressed] == [(str(Role.OFFICER), Suppressed.NO_CHANNEL)]


def test_without_a_place_the_owner_is_told_and_the_desk_of_the_settings_for_the_others():
    heard, _ = told(Kind.PAPERS_MISSING, EVERYONE, place=None)
    assert heard == {str(Role.OWNER), str(Role.DUTY_DESK)}


def test_without_an_operator_it_is_the_desks_alone():
    heard, suppressed = told(Kind.STAFF_POSITIVE, EVERYONE, operator="", place=None)
    assert (heard, suppressed) == ({str(Role.DUTY_DESK)}, ())


def test_of_several_channels_the_first_that_is_served_is_the_way():
    ways = (Way(ChannelKind.WEBHOOK, "w"), Way(ChannelKind.SMS, "138"), Way(ChannelKind.WECOM_ROBOT, "k"))
    assert way_to(Assignment(0, 0, "hr", "r", ways=ways)) == Way(ChannelKind.SMS, "138")
    assert way_to(Assignment(0, 0, "hr", "r", ways=ways[:1])) is None
