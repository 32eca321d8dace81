"""Journals as files: read from Kafka (`reading`), their form in a folder (`files`), worked off again (`replaying`).
Decides nothing, and writes nothing to Kafka.
"""
