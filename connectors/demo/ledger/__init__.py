"""The ledger: what was planted, told, missed, false and doubled, counted from the topics by a process of its own.

It believes nothing that the other processes say about themselves: it reads what went in and what came out.
"""
