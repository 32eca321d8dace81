"""What the workers know, read from their state topics: for `why` and `why-not`. Reads; owns and writes nothing."""
