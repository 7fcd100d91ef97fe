"""Messages to people and programs when a run ends."""
