"""Undistorted images and masks, and the PINHOLE cameras that fit them."""
