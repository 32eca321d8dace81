"""What a record, a row and a tick cost as state grows: from a district to a province."""
