"""Random valid workspaces, billed by the oracle and by the engine, compared row by row."""
