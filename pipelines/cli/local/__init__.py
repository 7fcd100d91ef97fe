"""What the commands do that work on this machine: run, demo, inbox, convert."""
