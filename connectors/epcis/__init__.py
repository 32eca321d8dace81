"""EPCIS 2.0 JSON in: checked by the standard (`document`), and what a rule can use made into records (`mapping`)."""
