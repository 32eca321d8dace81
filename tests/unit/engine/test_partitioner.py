"""Keys go where Kafka's own clients put them: values from Apache Kafka's test of murmur2."""

import pytest

from streams.engine.partitioner import partition_of

JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", JAVA)
@pytest.mark.parametrize("count", [1, 4, 12, 97])
def test_a_key_goes_where_a_java_producer_sends_it(key, count):
    assert partition_of(key, count) == (JAVA[key] & 0x7FFFFFFF) % count
