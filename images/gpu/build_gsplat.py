"""Compiles gsplat's CUDA ahead of time, without a GPU, to where gsplat looks first: `gsplat/csrc.so`.

Environment: CUDA_HOME, the toolkit of torch's own CUDA version; TORCH_CUDA_ARCH_LIST, such as "8.6;9.0";
MAX_JOBS, compilers at a time, each of up to 4 GB.
"""

import importlib.util
import sysconfig
from pathlib import Path

from torch.utils.cpp_extension import load

PACKAGE = Path(importlib.util.find_spec("gsplat").submodule_search_locations[0])
CUDA = PACKAGE / "cuda"


def build(folder: Path) -> Path:
    """Compile in `folder` with the flags of gsplat's own compilation at first import; return the library."""
    folder.mkdir(parents=True)
    load(
        # The name of the module that gsplat imports if it is there.
        name="csrc",
        sources=sorted(map(str, [*CUDA.glob("csrc/*.cu"), *CUDA.glob("csrc/*.cpp"), CUDA / "ext.cpp"])),
        extra_cflags=["-O3", "-Wno-attributes"],
        extra_cuda_cflags=["-O3", "-use_fast_math"],
        extra_ldflags=["-Wl,-s"],
        extra_include_paths=[str(CUDA / "include"), str(CUDA / "csrc/third_party/glm"), *_library_headers()],
        build_directory=str(folder),
        verbose=True,
    )
    return folder / "csrc.so"


def _library_headers() -> list[str]:
    """torch's headers include cuBLAS', cuSPARSE's and cuSOLVER's, which come with torch and not with nvcc."""
    return [str(path) for path in Path(sysconfig.get_path("purelib"), "nvidia").glob("cu*/include")]


if __name__ == "__main__":
    (PACKAGE / "csrc.so").write_bytes(build(Path("/tmp/gsplat")).read_bytes())
