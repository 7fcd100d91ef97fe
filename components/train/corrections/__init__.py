"""What each training photo has of its own: exposure and white balance, and an error of its pose."""
