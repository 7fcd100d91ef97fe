"""`report.html`: what a run made of a capture, on one self-contained page."""
