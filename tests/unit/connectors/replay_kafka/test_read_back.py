"""The order in which messages of several partitions are written: by time, never turning one partition round."""

from __future__ import annotations

import json

from connectors.replay_kafka.run import in_time


def values(*times: str) -> list[bytes]:
    return [json.dumps({"changed_at": f"2022-01-12T08:{time}:00Z"}).encode() for time in times]


def test_partitions_are_merged_by_time_and_each_keeps_its_own_order():
    one, other = values("01", "05", "03"), values("02", "04", "06")
    merged = list(in_time([one, other]))
    assert [v for v in merged if v in one] == one
    assert [v for v in merged if v in other] == other
    assert merged[0] == one[0]
    assert merged.index(other[1]) < merged.index(one[1])
