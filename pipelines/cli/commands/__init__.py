"""One module for each command of `kubesplat`."""
