"""The same job: what the generator says must come of the records is what the shared functions make of them."""

from __future__ import annotations

import orjson
import pytest

from bench.peers import job

OPERATORS = 7


@pytest.fixture(scope="module")
def made():
    expected = job.Expected()
    return list(job.records(3, 4000, OPERATORS, expected)), expected


def run(records):
    """Rows and alerts of a contender in one loop."""
    rows, alerts, refused = {}, [], 0
    for key, value in records:
        record = job.read(value)
        if record is None:
            refused += 1
            continue
        gap = job.has_gap(record)
        row = rows[key.decode()] = job.updated(rows.get(key.decode()), record, gap=gap)
        if gap:
            alerts.append(orjson.loads(job.alert(record, row["count"], row["chain"])))
    return rows, alerts, refused


def test_rows_and_alerts_are_those_that_the_generator_expects(made):
    records, expected = made
    rows, alerts, _ = run(records)
    assert {name: (row["count"], row["chain"]) for name, row in rows.items()} == expected.rows
    assert {(said["operator"], said["count"], said["chain"]) for said in alerts} == expected.alerts


def test_a_fifth_of_the_records_has_a_gap_and_one_in_five_hundred_is_refused(made):
    records, expected = made
    _, alerts, refused = run(records)
    assert 0.17 * len(records) < len(alerts) < 0.23 * len(records)
    assert 2 <= refused <= 20
    assert refused == len(records) - sum(count for count, _ in expected.rows.values())


def test_the_chain_tells_another_order_a_lost_and_a_doubled_record(made):
    records = [(key, value) for key, value in made[0] if job.read(value)][:200]
    right, _, _ = run(records)
    for wrong in (records[::-1], records[1:], [*records, records[-1]]):
        assert {name: row["chain"] for name, row in run(wrong)[0].items()} != {n: r["chain"] for n, r in right.items()}


def test_a_row_has_some_290_bytes_once_it_remembers_its_lots(made):
    rows, _, _ = run(made[0])
    sizes = [len(orjson.dumps(row)) for row in rows.values()]
    assert all(230 < size < 350 for size in sizes)


def test_the_same_seed_makes_the_same_records_and_another_one_others():
    def values(seed: int) -> list[bytes]:
        return [value for _, value in job.records(seed, 50, OPERATORS, job.Expected())]

    assert values(1) == values(1) != values(2)


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"}, {"id": ""}, {"type": "lot.sold"}, {"time": "yesterday"}, {"more": 1}, {"data": {}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_a_record_is_refused(change):
    whole = orjson.loads(job.value(1, b"B1", lot="L1"))
    assert job.read(orjson.dumps(whole)) is not None
    assert job.read(orjson.dumps(whole | change)) is None
