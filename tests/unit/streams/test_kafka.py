"""What is said of an error, by every process alike."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.kafka import words_of

SAID = {
    "one of Kafka's, which says its name itself": (KafkaConnectionError("gone"), "KafkaConnectionError: gone"),
    "one that does not": (ValueError("gone"), "ValueError: gone"),
    "one without words": (TimeoutError(), "TimeoutError"),
}


@pytest.mark.parametrize(("error", "words"), SAID.values(), ids=SAID.keys())
def test_the_name_of_an_error_is_said_once(error, words):
    assert words_of(error) == words
