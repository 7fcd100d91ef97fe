"""What each task gets on a cluster: machine, disk, time, tries."""
