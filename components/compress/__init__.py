"""SOG compression: Gaussians to a .sog file of a twentieth of the size, and back."""
