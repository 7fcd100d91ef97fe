"""A checked capture to a posed, undistorted, upright scene."""
