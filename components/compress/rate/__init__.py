"""Rate and distortion: each value takes the code whose error, as far as it is seen, is worth its bits."""
