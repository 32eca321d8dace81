"""The flow `staff`: a small directory of people's samples, and of the operators they work for."""
