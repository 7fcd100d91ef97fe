"""One HTML file with PlayCanvas' viewer and the `.sog` that it shows."""
