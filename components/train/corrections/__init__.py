"""Per-photo parameters: exposure, white balance and pose corrections of the training photos."""
