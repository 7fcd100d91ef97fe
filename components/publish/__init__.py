"""Results under their final names, and the run's report for programs."""
