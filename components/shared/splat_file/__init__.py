"""The .splat of the first viewers on the web, without a header: read only."""
