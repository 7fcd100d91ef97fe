#!/bin/sh
# Build stage: Triton's launcher, linked with an empty stand-in for the driver's library.
set -eu
mkdir -p /tmp/libcuda
gcc -shared -Wl,-soname,libcuda.so.1 -o /tmp/libcuda/libcuda.so.1 -x c /dev/null
TRITON_LIBCUDA_PATH=/tmp/libcuda TRITON_CACHE_DIR=/opt/kubesplat/share/kubesplat/kernels/triton \
    /opt/kubesplat/bin/python /locks/build_triton_launcher.py
