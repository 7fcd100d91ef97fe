"""Order of the Gaussians in the file, which is free: one file for each order, and `choose` that picks one."""
