"""SOG, the compressed format of PlayCanvas for Gaussians: attributes, archive and readers. See README.md."""
