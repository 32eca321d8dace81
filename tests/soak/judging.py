"""What must be so after a run, beside the ledger of records and alerts: what stood at each tick, what was submitted to
providers, what the views show, how processes ended.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from schemas.notices import Outcome, decode_notice, decode_receipt
from schemas.reasons import Reason
from schemas.registry import ChannelKind
from schemas.times import format_instant
from streams.context import Context
from streams.engine.position import KEY as POSITION
from streams.parameters import Rules
from streams.settings import Settings
from tests.faults.derived import derived_differences
from tests.faults.ledger import ALERTS, JOURNALS, Message, Topics
from tests.properties.product import replayed
from tests.soak.history import TICK, History
from tests.soak.process import of_this_version, rule_raises
from tests.standing import before_each_tick, differences

STATES = frozenset(JOURNALS.values())
SERVED = (ChannelKind.WECOM_ROBOT, ChannelKind.SMS)


def alerts(topics: Topics) -> list[dict[str, Any]]:
    """Every alert message; those of one partition in order."""
    return [
        json.loads(message.value)
        for (topic, _), messages in topics.items()
        for message in messages
        if topic in ALERTS and message.value is not None
    ]


def stood(topics: Topics, history: History) -> list[str]:
    """Where what stood before a tick is not what the pure engine makes of the history."""
    values = [line.value for line in history.lines]
    expected = replayed(values, tick=f"{TICK // 3_600_000}h", until=format_instant(history.until))
    return differences(before_each_tick(alerts(topics), TICK), before_each_tick(expected, TICK))


def underived(topics: Topics, settings: Settings) -> list[str]:
    """Rows, alerts and what else machines write, where they are not byte for byte what follows from the journals."""
    context = Context(settings, Rules.load(settings.rules), Counter(topic for topic, _ in topics))
    as_before = rule_raises()  # at one lot, which only runs with that fault have
    try:
        return derived_differences(_of_this_version(topics), context)[:20]
    finally:
        as_before()


def _of_this_version(topics: Topics) -> Topics:
    """The rows of workers of the next version upgrade nothing but their form."""
    return {
        place: [replace(message, value=of_this_version(message.value)) for message in messages]
        if place[0] in STATES
        else messages
        for place, messages in topics.items()
    }


def unsent(topics: Topics) -> list[str]:
    """Notices of which no bridge has said what became of them."""
    final = {Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED_FOR_GOOD}
    said = {notice for notice, outcome in _receipts(topics) if outcome in final}
    unknown = {notice for notice, outcome in _receipts(topics) if outcome is Outcome.UNKNOWN}
    notices = {notice.id: notice for notice in _notices(topics)}
    return [
        name for name, notice in notices.items() if name not in said and not (name in unknown and not notice.critical)
    ]


def submitted(topics: Topics, messages: Iterable[Mapping[str, Any]], kills: int) -> tuple[list[str], int]:
    """What is wrong with what the providers got, and how many calls were unknown. Twice at most once for a kill."""
    wrong = []
    times: Counter[tuple[str, str]] = Counter()
    for message in messages:
        notice, _, part = str(message["notice"]).partition("/")
        times[notice, part] += 1
    unknown = Counter(notice for notice, outcome in _receipts(topics) if outcome is Outcome.UNKNOWN)
    for notice in _notices(topics):
        parts = range(1, len(notice.texts.wecom.parts) + 1) if notice.channel is ChannelKind.WECOM_ROBOT else [""]
        for part in parts:
            count = times.pop((notice.id, str(part)), 0)
            if count > 1 + min(kills, unknown[notice.id]):
                wrong.append(f"notice {notice.id}/{part}: submitted {count} times, unknown {unknown[notice.id]}")
            if count == 0 and not unknown[notice.id]:
                wrong.append(f"notice {notice.id}/{part}: never submitted, and not unknown")
    wrong += [f"notice {notice}/{part}: submitted, and on no topic" for notice, part in times]
    told = Counter(notice.id for notice in _notices(topics))
    wrong += [f"notice {notice}: {count} times on `notices`" for notice, count in told.items() if count > 1]
    return wrong, sum(unknown.values())


def internal_errors(wrong: Sequence[str], expected: int) -> list[str]:
    """What is wrong by the ledger, less the records at which a rule was made to raise; all of those must be there."""
    found = [word for word in wrong if word.endswith(Reason.INTERNAL_ERROR)]
    if len(found) == expected:
        return [word for word in wrong if word not in found]
    return [*wrong, f"{len(found)} records are dead as {Reason.INTERNAL_ERROR}, {expected} were to be"]


def compacted(topics: Topics) -> bool:
    """Whether any state was: else a run under compaction shows nothing. A transaction writes rows and a position at
    offsets that follow each other, and ends in a marker: rows with no position beside them have outlived theirs.
    """
    return any(
        POSITION not in written
        for (topic, _), messages in topics.items()
        if topic in STATES
        for written in _without_gaps(messages)
    )


def _without_gaps(messages: Sequence[Message]) -> list[list[bytes | None]]:
    """The keys of messages of which each is at the offset after that of the one before."""
    found: list[list[bytes | None]] = []
    after = -1
    for message in messages:
        if message.offset != after:
            found.append([])
        found[-1].append(message.key)
        after = message.offset + 1
    return found


def exits(codes: Mapping[str, list[int]], ended: Mapping[str, int | None], *, alarms: bool) -> list[str]:
    """Processes that did not end as processes may: killed, stopped when told to, or 70 to begin again."""
    allowed = {0, -9, 70} | ({78} if alarms else set())
    wrong = [f"{name} ended with {code}" for name, each in codes.items() for code in each if code not in allowed]
    stopped = {0, -signal.SIGTERM}  # the signal itself where Python had not yet come to our first line
    return wrong + [
        f"{name} was told to stop and ended with {code}" for name, code in ended.items() if code not in stopped
    ]


def _notices(topics: Topics) -> Iterator[Any]:
    for (topic, _), messages in topics.items():
        for message in messages if topic == "notices" else ():
            notice = decode_notice(message.value or b"")
            if notice.channel in SERVED:
                yield notice


def _receipts(topics: Topics) -> Iterator[tuple[str, Outcome]]:
    for (topic, _), messages in topics.items():
        for message in messages if topic == "receipts" else ():
            receipt = decode_receipt(message.value or b"")
            yield receipt.notice, receipt.outcome
