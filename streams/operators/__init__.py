"""The flow `operators`: everything that is said about an operator is said here."""
