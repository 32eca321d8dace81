"""What a fact looks like: records, alerts, notices, reasons, topics. Knows pydantic and nothing of ours."""
