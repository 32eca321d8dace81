"""Makes a fortnight of a district, with gaps planted in it, and so knows the truth without asking the rules.

It imports nothing of `streams`: what it says is owed by whom it has from the contract, not from the code that it is
meant to judge. Everything it does not plant is free of gaps by construction.
"""

from __future__ import annotations

from connectors.demo.generator.make import generate

__all__ = ["generate"]
