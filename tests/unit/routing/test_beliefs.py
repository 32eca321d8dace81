"""Whatever happens in whatever order: after a tick each person believes of her area exactly what is so, by what she was
told alone; nothing is told twice, and a worker that dies in between changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alerts import Kind
from schemas.notices import Change
from tests.unit.routing.district import ELSEWHERE, PLACE, District, at

KINDS = (Kind.PAPERS_MISSING, Kind.NOT_ON_CHAIN, Kind.UNCODED_GOODS, Kind.POSITIVE)
PLACES = {"A": PLACE, "B": PLACE, "C": ELSEWHERE}
PEOPLE = {
    "owner-a": ("owner", "A"),
    "owner-b": ("owner", "B"),
    "owner-c": ("owner", "C"),
    "officer": ("officer", PLACE.office),
    "officer-2": ("officer", ELSEWHERE.office),
    "grid": ("grid-worker", PLACE.grid),
    "grid-2": ("grid-worker", ELSEWHERE.grid),
}
AREAS = {
    "owner-a": {"A"},
    "owner-b": {"B"},
    "owner-c": {"C"},
    "officer": {"A", "B"},
    "officer-2": {"C"},
    "grid": {"A", "B"},
    "grid-2": {"C"},
}
alerts = st.tuples(st.sampled_from(KINDS), st.sampled_from(sorted(PLACES)))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("fire"), alerts),
        st.tuples(st.just("resolve"), alerts),
        st.tuples(st.just("twice"), alerts),
        st.tuples(st.just("leave"), st.sampled_from(sorted(PEOPLE))),
        st.tuples(st.just("come"), st.sampled_from(sorted(PEOPLE))),
        st.tuples(st.just("tick"), st.booleans()),
        st.tuples(st.just("restart"), st.booleans()),
    ),
    max_size=40,
)


@dataclass
class Story:
    """A district in which things happen, and what each person has been told to stand."""

    district: District = field(default_factory=District)
    standing: dict[tuple[Kind, str], object] = field(default_factory=dict)
    last: dict[tuple[Kind, str], object] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    believes: dict[str, set[str]] = field(default_factory=dict)
    told: set[tuple[str, str, int, str]] = field(default_factory=set)
    seconds: int = 0

    def step(self, what: str, argument: object) -> None:
        self.seconds += 1
        self.district.now = at("10:00") + self.seconds * 1000
        getattr(self, what)(argument)
        self.listen()

    def fire(self, alert: tuple[Kind, str]) -> None:
        if alert not in self.standing:
            kind, operator = alert
            value = self.district.fire(kind, self.clock, operator=operator, place=PLACES[operator])
            self.standing[alert] = self.last[alert] = value

    def resolve(self, alert: tuple[Kind, str]) -> None:
        if alert in self.standing:
            del self.standing[alert]
            self.last[alert] = self.district.resolve(alert[0], self.clock, operator=alert[1])

    def twice(self, alert: tuple[Kind, str]) -> None:
        if alert in self.last:
            self.district.change(self.last[alert])

    def leave(self, person: str) -> None:
        if person in self.present:
            self.present.remove(person)
            self.believes.pop(person, None)
            self.told = {item for item in self.told if item[0] != person}
            self.district.record("person.left", {"person": person}, id=f"left-{self.seconds}")

    def come(self, person: str) -> None:
        if person not in self.present:
            self.present.add(person)
            role, area = PEOPLE[person]
            self.district.assign(person, role, area, id=f"came-{self.seconds}")

    def tick(self, _: object) -> None:
        self.district.tick(self.clock)
        self.listen()
        for person in self.present:
            wanted = {value.id for (_, shop), value in self.standing.items() if shop in AREAS[person]}
            assert self.believes.get(person, set()) == wanted, person

    def restart(self, _: object) -> None:
        self.district.restart()

    @property
    def clock(self) -> str:
        return f"10:{self.seconds // 60:02d}:{self.seconds % 60:02d}"

    def listen(self) -> None:
        for notice in self.district.notices:
            beliefs = self.believes.setdefault(notice.recipient, set())
            for item in notice.about:
                said = (notice.recipient, item.alert, item.episode, "ends" if item.change is Change.ENDS else "begins")
                assert said not in self.told, said
                self.told.add(said)
                if item.change is Change.ENDS:
                    assert item.alert in beliefs
                    beliefs.remove(item.alert)
                else:
                    beliefs.add(item.alert)
        assert all(notice.recipient in self.present | {"desk"} for notice in self.district.notices)
        self.district.notices.clear()
        self.district.receipts.clear()


@settings(max_examples=150)
@given(steps)
def test_after_a_tick_everyone_believes_what_is_so(happenings: list[tuple[str, object]]) -> None:
    story = Story()
    for person in sorted(PEOPLE):
        story.step("come", person)
    for what, argument in [*happenings, ("tick", True)]:
        story.step(what, argument)
    rows = len(story.district.machine.rows)
    story.step("tick", True)
    assert len(story.district.machine.rows) == rows
