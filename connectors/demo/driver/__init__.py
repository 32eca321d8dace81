"""Replays a history through the real processes under simulated time, and shows it while it goes.

The driver says what time it is and publishes what was recorded by then; everything else is what always runs: workers,
bridges, views, and the clock's own code, which decides whether a tick may be.
"""
