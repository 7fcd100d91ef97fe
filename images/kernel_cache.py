"""Gives numba and Triton the kernels compiled with the image: both insist on folders they can write to.

A `.pth` file imports this at each start of Python. The image's root is read-only, so the folders are copied
once per container to where NUMBA_CACHE_DIR and TRITON_CACHE_DIR point.
"""

import os
import shutil
import sys
import tempfile
from contextlib import suppress

COMPILED = os.path.join(sys.prefix, "share", "kubesplat", "kernels")


def fill(target: str, compiled: str) -> None:
    """Copy `compiled` to `target` as a whole, unless it is there; a full disk only costs compile time."""
    if os.path.exists(target) or not os.path.isdir(compiled):
        return
    with suppress(OSError):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        temporary = tempfile.mkdtemp(dir=os.path.dirname(target))
        try:
            shutil.copytree(compiled, temporary, dirs_exist_ok=True)
            # Of two processes that start together, the second finds the folder filled and fails here.
            os.rename(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


for _variable, _folder in (("NUMBA_CACHE_DIR", "numba"), ("TRITON_CACHE_DIR", "triton")):
    if _variable in os.environ:
        fill(os.environ[_variable], os.path.join(COMPILED, _folder))
