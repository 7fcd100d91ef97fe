"""One photo: decoded, judged, and turned into 8-bit sRGB or gray."""
