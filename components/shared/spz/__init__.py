"""SPZ, the format of Niantic for Gaussians: versions 1 to 4 are read, version 4 is written. See README.md."""
