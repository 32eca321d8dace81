"""`lianfang replay --engine kafka`: a history through real worker processes on a broker, under a clock of its own."""

from connectors.replay_kafka.run import run

__all__ = ["run"]
