"""The names of everything the views keep in Redis, in one place. `scope` is public or private, as the alert's topic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whose eyes a key is for: a Redis ACL on `*:private:*` keeps the private kinds apart."""

    PUBLIC = "public"
    PRIVATE = "private"


class By(StrEnum):
    """What alerts that stand are found by."""

    OPERATOR = "operator"
    KIND = "kind"
    OFFICE = "office"
    GRID = "grid"
    TOWN = "town"


KEPT = 200 * 24 * 3600
"""Seconds that notices and receipts stay, as long as their topics keep them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The names under one prefix; a drill beside the real thing has its own."""

    prefix: str

    @property
    def root(self) -> str:
        """What all keys begin with."""
        return f"{self.prefix}lianfang:"

    @property
    def offsets(self) -> str:
        """Hash: `topic/partition` → the next offset to read."""
        return f"{self.root}offsets"

    def alerts(self, scope: Scope) -> str:
        """Hash: alert id → its last message."""
        return f"{self.root}{scope}:alerts"

    def standing(self, scope: Scope) -> str:
        """Set: ids of alerts that stand."""
        return f"{self.root}{scope}:standing"

    def index(self, scope: Scope, by: By, value: str) -> str:
        """Set: ids of alerts that stand at this operator, office…"""
        return f"{self.root}{scope}:by:{by}:{value}"

    def changes(self, scope: Scope) -> str:
        """Channel: every message of an alert, as it comes."""
        return f"{self.root}{scope}:changes"

    def told(self, alert: str) -> str:
        """Set: ids of the notices about an alert."""
        return f"{self.root}told:{alert}"

    def notice(self, notice: str) -> str:
        """Hash: `notice` → what it was, `partition/offset` → each receipt."""
        return f"{self.root}notice:{notice}"
