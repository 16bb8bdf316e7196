"""Many small contracts in one workspace, each with a customer, terms and events of its own."""
