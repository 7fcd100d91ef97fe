"""One optimization step: with autograd anywhere, fused on CUDA."""
