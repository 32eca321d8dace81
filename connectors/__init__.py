"""Everything else that touches the world: commands, bridges, sandbox, views, EPCIS, embedded servers."""
