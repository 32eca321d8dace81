"""A bad day of a provider, switched on by a test: a fault is of one channel, is used up, and the oldest comes first."""

from __future__ import annotations

import pytest

from connectors.sandbox.faults import CHANNELS, KINDS, Fault, Faults


def test_without_faults_the_provider_does_its_work():
    assert Faults().take("wecom") is None


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_fault_is_of_one_channel_alone(channel):
    faults = Faults()
    added = faults.add({"channel": channel, "kind": "status"})
    assert [faults.take(other) for other in CHANNELS if other != channel] == [None] * (len(CHANNELS) - 1)
    assert faults.take(channel) is added


def test_it_is_used_up_after_so_many_requests():
    faults = Faults()
    faults.add({"channel": "sms", "kind": "code", "code": "isp.RAM_PERMISSION_DENY", "times": 2})
    assert [fault and fault.code for fault in (faults.take("sms") for _ in range(3))] == [
        "isp.RAM_PERMISSION_DENY",
        "isp.RAM_PERMISSION_DENY",
        None,
    ]
    assert faults.active == []


def test_the_oldest_comes_first_whatever_other_channels_do():
    faults = Faults()
    first = faults.add({"channel": "wecom", "kind": "slow", "seconds": 1})
    other = faults.add({"channel": "sms", "kind": "status"})
    second = faults.add({"channel": "wecom", "kind": "hang-before"})
    assert [faults.take(channel) for channel in ("wecom", "wecom", "sms")] == [first, second, other]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_may_be_switched_on_once_by_default(kind):
    assert Fault(kind, "wecom").times == 1


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"channel": "wecom", "kind": "explode"}, ValueError),
        ({"channel": "fax", "kind": "slow"}, ValueError),
        ({"channel": "wecom"}, TypeError),
        ({"channel": "wecom", "kind": "slow", "minutes": 3}, TypeError),
    ],
)
def test_what_is_no_fault_is_said_so_and_switches_nothing_on(values, error):
    faults = Faults()
    with pytest.raises(error):
        faults.add(values)
    assert faults.active == []
