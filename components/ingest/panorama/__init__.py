"""360° photos as flat views, which all later stages take."""
