"""What is made of the lines of a meter: a speed between warm-up and the end, of one process or of several at once."""

from __future__ import annotations

import time

import pytest

from bench.peers.meter import Meter, Sample, Task, samples, speed


def steady(rate: float, count: int, *, at: float = 0.0, cpu: float = 0.5) -> list[Sample]:
    """A process that does so many records a second, on half a core, and then nothing any more."""
    lines = [Sample(at + i / 10, min(count, int(rate * i / 10)), cpu * i / 10) for i in range(10_000)]
    last = next(i for i, line in enumerate(lines) if line.count == count)
    return lines[: last + 20]


def test_a_speed_is_records_a_second_and_a_cpu_second():
    found = speed([steady(1000, 20_000)], warm=2000)
    assert found["wall"] == pytest.approx(1000, rel=0.01)
    assert found["cpu"] == pytest.approx(2000, rel=0.01)


def test_the_warm_up_does_not_count():
    slow = [Sample(i, i, i) for i in range(100)]
    fast = [Sample(100 + i / 10, 99 + 100 * i, 100 + i / 10) for i in range(100)]
    assert speed([slow + fast], warm=99)["wall"] == pytest.approx(1000, rel=0.02)


def test_two_processes_count_while_both_of_them_work():
    found = speed([steady(1000, 20_000), steady(500, 20_000, at=3.0)], warm=100)
    assert found["wall"] == pytest.approx(1500, rel=0.01)
    assert found["seconds"] < 20


@pytest.mark.parametrize("reports", [[[]], [steady(10, 20), []], [[Sample(0, 0, 0), Sample(1, 50, 1)]]], ids=str)
def test_a_process_that_did_nothing_or_was_done_at_once_is_no_figure(reports):
    with pytest.raises(ValueError, match=r"nothing to do|too few"):
        speed(reports, warm=10)


def test_a_meter_writes_what_was_counted_and_a_half_written_line_is_left_alone(tmp_path):
    report = tmp_path / "meter"
    meter = Meter(Task("", "", "", "", "", str(report), ""))
    meter.count = 7
    until = time.monotonic() + 5
    while not any(one.count == 7 for one in samples(report)):
        assert time.monotonic() < until
    whole = samples(report)
    report.write_text(report.read_text() + "12.5 8")
    assert samples(report)[: len(whole)] == whole
    assert all(one.count in (0, 7) for one in samples(report))


def test_before_a_meter_has_written_there_is_nothing(tmp_path):
    assert samples(tmp_path / "none") == []
