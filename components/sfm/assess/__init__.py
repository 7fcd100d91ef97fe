"""The verdict on each photo, and whether the reconstruction is worth a GPU."""
