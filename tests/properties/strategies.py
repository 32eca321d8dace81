"""Histories for hypothesis: a seed, a shape and which lines are left, so that what fails shrinks to few lines."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from tests.properties.histories import HARDER, SHAPES, Shape, history

FEW = settings(max_examples=20)
"""Each example is a whole history through both engines."""

SMALL = tuple(
    shape
    for shape in (*SHAPES, *HARDER)
    if shape.lines <= 60 and shape.days <= 40 and not shape.edge and not shape.leap
)


@st.composite
def histories(draw: st.DrawFn, shapes: tuple[Shape, ...] = SMALL) -> list[bytes]:
    """Some lines of a random history, in order."""
    lines = history(draw(st.integers(0, 10_000)), draw(st.sampled_from(shapes)))
    dropped = draw(st.sets(st.integers(0, len(lines) - 1), max_size=len(lines) - 1))
    return [line for number, line in enumerate(lines) if number not in dropped]
