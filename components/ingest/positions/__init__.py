"""Positions of photos in a table that comes along with them."""
