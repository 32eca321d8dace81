"""The demonstration: a district's fortnight is made, replayed through the real processes, shown and counted.

Not a test double of anything: what runs is what `lianfang up` runs. Only time is simulated.
"""
