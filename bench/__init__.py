"""What is measured, and how: each figure side by side with a measure of the machine, all in one run. Not a test."""
