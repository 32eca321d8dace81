"""A second reading of the contract, to compare the product with: naive, slow, and made from the contract's words alone.

At every record and every tick it derives from all facts anew which alerts stand and says what changed. It shares the
schemas (what a record is) with the product and none of its rules, rows or machines. It is no example of how to do it.
"""

from __future__ import annotations

from tests.properties.oracle.replay import Unusable, messages

__all__ = ["Unusable", "messages"]
