"""A history run to its end by the decision code alone, in this process: the well-defined list of alert messages."""
