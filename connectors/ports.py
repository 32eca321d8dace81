"""Ports for servers that are yet to come. A port that is only looked for may be gone when its server wants it: every
connection that anybody makes meanwhile takes one of the same range.
"""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def held_port() -> socket.socket:
    """A loopback port that is nobody else's while this is open. On Linux a server that says SO_REUSEADDR, as all of
    ours do, may listen there meanwhile, and come back; elsewhere it may only after this is closed.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, 0))
    return held
