"""Compiles the one C module that Triton otherwise compiles at the first kernel, into TRITON_CACHE_DIR.

Kernels themselves need no C compiler: LLVM and ptxas come with Triton. TRITON_LIBCUDA_PATH names a folder
with any libcuda.so.1 to link with; the driver's own is there when a GPU is.
"""

from pathlib import Path
from unittest.mock import patch

from triton.backends.nvidia import driver
from triton.runtime import build

with patch.object(build, "_load_module_from_path", new=lambda name, path: path):
    build.compile_module_from_src(
        # As `driver.CudaUtils` does; the cache's key is made of the source.
        src=Path(driver.dirname, "driver.c").read_text(),
        name="cuda_utils",
        library_dirs=driver.library_dirs(),
        include_dirs=driver.include_dirs,
        libraries=driver.libraries,
    )
