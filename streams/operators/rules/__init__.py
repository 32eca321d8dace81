"""The pure rules of the eleven kinds: facts and the instant in, what would stand out. `streams.kinds` lists them."""
