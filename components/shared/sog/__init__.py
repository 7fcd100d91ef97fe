"""SOG, PlayCanvas' format: its attributes encoded and decoded, its archive read."""
