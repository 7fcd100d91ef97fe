"""How much of each Gaussian's values can be seen: what may change, and what may go."""
