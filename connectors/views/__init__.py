"""Views: what stands and who was told, kept in Redis for commands and pages, rebuilt from the logs at any time.

`process` follows the topics, `store` writes, `read` answers. Nothing here decides anything, and nothing here is the
truth: a Redis that was lost costs the time to read the logs again.
"""
