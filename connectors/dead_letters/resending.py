"""Sends dead letters again: original bytes, key and headers to where they came from. Intake judges them anew."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka.errors import KafkaError

from connectors.dead_letters.letter import Letter
from connectors.sending.publishing import started
from schemas.envelope import PUBLIC_TOPICS
from streams.journal import DEAD_LETTERS, NOT_KEPT, RESENT
from streams.machine import ENTRY, ORIGIN, Sort
from streams.settings import Settings


def obstacle(letter: Letter) -> str | None:
    """Why a letter can't be sent again; None if it can."""
    lost = [name for name in NOT_KEPT if name in letter.headers]
    if lost:
        return f"it is not complete ({', '.join(lost)}); its original is at {letter.origin}"
    if letter.value is None:
        return "a tombstone stays what it is"
    if dict(letter.originals).get(ENTRY) == Sort.TICK.encode():
        return "it was a tick; each tick asks anew"
    return None


def headers_again(letter: Letter) -> list[tuple[str, bytes]]:
    """The original's headers, and where it was buried; of an entry of a journal its place there too, by which the
    machine knows whether something newer was said since.
    """
    kept = [(name, content) for name, content in letter.originals if name not in (RESENT, ORIGIN)]
    if letter.said("origin-topic") not in PUBLIC_TOPICS:
        kept.append((ORIGIN, letter.origin.encode()))
    return [*kept, (RESENT, f"{DEAD_LETTERS}/{letter.position}".encode())]


async def send_again(settings: Settings, letters: AsyncIterator[Letter]) -> AsyncIterator[tuple[Letter, str | None]]:
    """Each letter with what stood in the way; None: it is on its topic again."""
    async with started(settings) as client:
        async for letter in letters:
            problem = obstacle(letter)
            if problem is None:
                topic = letter.said("origin-topic")
                # an entry of a journal belongs to the machine of its partition; a record finds its own way
                partition = None if topic in PUBLIC_TOPICS else int(letter.said("origin-partition"))
                try:
                    await client.send_and_wait(
                        settings.prefix + topic, letter.value, letter.key, partition, headers=headers_again(letter)
                    )
                except KafkaError as error:
                    problem = str(error)
            yield letter, problem
