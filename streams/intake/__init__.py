"""Intake: each public record is judged by itself, then refused or passed on to the log of its subject, unchanged."""
