"""The worker, put together: which flows one process runs. Starting it is `streams.engine.run`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from streams.engine import Flow, run
from streams.intake.agent import FLOW as INTAKE
from streams.operators.agent import FLOW as OPERATORS
from streams.routing.agent import FLOW as ROUTING
from streams.settings import Settings
from streams.staff.agent import FLOW as STAFF

FLOWS = (INTAKE, STAFF, OPERATORS, ROUTING)
"""All flows of a worker, in the order in which a record passes through them."""


def build(settings: Settings, flows: Iterable[Flow] = FLOWS) -> NoReturn:
    """Run a worker until it is told to stop. Exits the process: 0, 70 (start it again), 78 (a person must look)."""
    run(settings, flows, process="worker")
