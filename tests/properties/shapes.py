"""What kinds of random history there are: how long, how dense, what is frequent. `histories` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Shape:
    """What kind of history."""

    lines: int = 30
    days: float = 4.0
    leap: float = 0.0  # the chance that a gap is of about 180 days
    edge: float = 0.0  # the chance that a record comes 180 days after another, to the millisecond or nearly
    late: float = 0.08  # the chance that a record tells of days or months ago
    size: int = 3  # operators, lots, staff
    shared: bool = False  # samples of different staff under one name
    quiet: float = 0.0  # days after the last record until someone looks a lot up, so that the clock runs on
    ruled: bool = False  # under a rules file of its own, with changes in the days of the history
    weights: dict[str, int] = field(default_factory=dict)


SHAPES = (
    Shape(lines=12, days=1),
    Shape(lines=30, days=4),
    Shape(lines=60, days=10),
    Shape(lines=60, days=40),
    Shape(lines=150, days=30),
    Shape(lines=40, days=10, leap=0.05),
    Shape(lines=40, days=60, leap=0.02),
    Shape(lines=40, days=12, weights={"_staff": 20, "_staff_sample": 20, "_registered": 10}),
    Shape(lines=40, days=12, weights={"_disinfection": 20, "_declared": 12, "_registered": 12}),
    Shape(lines=40, days=5, weights={"_upload": 25, "_papers": 15, "_scan": 30}),
    Shape(lines=40, days=5, weights={"_sample": 25, "_handled": 25, "_scan": 20, "_void": 15}),
    Shape(lines=300, days=60),
)
HARDER = (
    Shape(lines=60, days=30, size=1),
    Shape(lines=120, days=3, size=1, late=0.3),
    Shape(lines=50, days=20, size=1, edge=0.15),
    Shape(lines=80, days=40, size=2, edge=0.06, late=0.2),
    Shape(lines=50, days=3, size=1, weights={"_void": 40, "_again": 20}),
    Shape(lines=60, days=20, size=1, weights={"_registered": 60, "_disinfection": 10, "_staff": 20, "_void": 20}),
    Shape(lines=60, days=40, size=2, weights={"_staff": 60, "_staff_sample": 50, "_void": 20, "_handled": 20}),
    Shape(lines=60, days=25, size=1, late=0.3, weights={"_upload": 30, "_papers": 20, "_scan": 40, "_void": 20}),
    Shape(lines=60, days=100, size=2, late=0.4),
    Shape(lines=60, days=25, size=2, weights={"_declared": 20, "_registered": 20, "_void": 15}),
    Shape(lines=800, days=120, size=3),
    Shape(lines=60, days=300, size=2, edge=0.05),
    Shape(lines=3, days=3, size=1, quiet=16, ruled=True, weights={"_registered": 30}),
    Shape(lines=8, days=8, size=1, quiet=12, ruled=True, weights={"_disinfection": 8, "_registered": 8, "_void": 16}),
    Shape(lines=40, days=12, size=1, late=0.3, ruled=True, weights={"_upload": 25, "_papers": 10, "_scan": 30}),
    Shape(lines=60, days=14, size=2, ruled=True),
)
"""Smaller worlds, more voids, more that is late, the edges of what is forgotten, and rules that change."""
