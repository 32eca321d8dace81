"""The set of processes of an installation, started together, watched, ended together: for `lianfang up` and the demo.

Not for production across machines: there systemd or containers do this (docker/compose.yaml).
"""

from connectors.runtime.place import Place, embedded, given
from connectors.runtime.processes import NotReady, Running, StoppedForGood, Wish, running

__all__ = ["NotReady", "Place", "Running", "StoppedForGood", "Wish", "embedded", "given", "running"]
