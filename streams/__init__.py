"""Decisions, and the few lines that hang them on Kafka."""
