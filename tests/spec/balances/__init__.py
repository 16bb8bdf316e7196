"""Examples of commits and credits, billed in one workspace."""
