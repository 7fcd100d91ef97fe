#!/bin/sh
# Build stage: the one C module that Triton otherwise compiles at the first kernel, where its cache looks for it.
# Kernels themselves need no C compiler: LLVM and ptxas come with Triton.
set -eu
python=/opt/kubesplat/bin/python
source=$($python -c 'from triton.backends.nvidia.driver import dirname; print(dirname)')/driver.c
# No driver here: a stand-in with every name that the module may call, to link with and to load once.
stand_in=/tmp/libcuda
mkdir -p $stand_in
grep -oE '\bcu[A-Z][A-Za-z0-9]*' "$source" | sort -u | sed 's/.*/void &(void) {}/' |
    gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o $stand_in/libcuda.so.1 -x c -
TRITON_CACHE_DIR=/opt/kubesplat/share/kubesplat/kernels/triton \
TRITON_LIBCUDA_PATH=$stand_in LD_LIBRARY_PATH=$stand_in \
    $python -c 'from triton.backends.nvidia.driver import CudaUtils; CudaUtils()'
