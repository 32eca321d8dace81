"""`lianfang replay --engine kafka`: a history through real worker processes on a broker, under a clock of its own."""

from connectors.replay_kafka.run import run
from connectors.replay_kafka.workers import NoPlace

__all__ = ["NoPlace", "run"]
