"""glTF binaries (.glb) with Gaussians, by the extension KHR_gaussian_splatting of Khronos. See README.md."""
