"""What a machine is given beside its partition: settings, rules, how many partitions each topic has. Fixed for the life
of the machine. No clients, no clock: machines reach for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.parameters import Rules
    from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """`partitions`: topic (without prefix) → how many partitions it has, for outputs that name theirs themselves."""

    settings: Settings
    rules: Rules
    partitions: Mapping[str, int]
