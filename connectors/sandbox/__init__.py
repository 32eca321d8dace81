"""A program that answers like the providers, limits, error codes and receipts included; messages as phones show them.

Its judgement of a request is written from the providers' documents alone: it imports nothing of the bridges.
"""
