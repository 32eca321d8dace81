"""The only room that knows how Faust works inside: it runs machines (`streams.machine.Machine`) under Faust on Kafka so
that effects, state and position move together. Decides nothing about the domain. `README.md` here says what of Faust is
repaired and why.

How a flow hangs in it::

    FLOW = Flow("operators", {"operator-journal": "operators-state"}, Operators)
    run(settings, [FLOW], process="worker")

A flow that also works outside the log, as a bridge does, names a `task`. It is started once for each owned partition
after its state was loaded, and cancelled when the partition is lost::

    async def deliver(partition: Partition) -> None:
        machine = cast(Bridge, partition.machine)  # its rows are loaded and `resume` was called
        while True:
            intent = await machine.next_intent()  # the machine sets an event in `apply`, the task waits for it
            await partition.write(lambda: machine.submitted(intent))  # durable when this returns
            outcome = await call_the_provider(intent)
            await partition.write(lambda: machine.outcome(intent, outcome))

    FLOW = Flow("wecom", {"notices": "bridge-wecom-state"}, Bridge, task=deliver)
    run(settings, [FLOW], process="bridge", group="lianfang-bridge-wecom")

`partition.write(change)`: `change` is called once, synchronously, between two entries of the log (never in the middle
of one, nor of a tick); it may change `machine.rows` and returns the outputs to write (an iterable of `Output`, or
None). The awaitable resolves when changed rows and outputs are committed in one transaction together with the
position. If `change` raises, rows are as before and the exception is the caller's. If the partition is lost first,
the task is cancelled, so nothing after the `await` runs: the next owner's task begins with the rows as they were
committed. A task that ends by itself is fine; one that raises ends the process (exit 70).
"""

from streams.engine.ends import ALARM, FAILED
from streams.engine.flow import Flow
from streams.engine.partition import Partition
from streams.engine.run import run

__all__ = ["ALARM", "FAILED", "Flow", "Partition", "run"]
