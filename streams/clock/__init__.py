"""The clock: says what time it is in every log, and only when all that came before is in it."""
