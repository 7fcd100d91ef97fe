"""SOG compression: Gaussians to a .sog of about a twentieth of the size of their .ply."""
