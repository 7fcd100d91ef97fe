#!/bin/sh
# Build stage: takes out what of torch, Triton and gsplat only compilers and profilers use.
set -eu
site=$(/opt/kubesplat/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$site"/torch/include "$site"/torch/share/cmake "$site"/torch/bin/protoc* "$site"/torch/bin/test_*
rm -rf "$site"/nvidia/*/include "$site"/gsplat/cuda/csrc "$site"/numba/tests
for unused in FileCheck instrumentation plugins profiler _C/libproton.so backends/nvidia/lib/cupti \
    backends/nvidia/include backends/nvidia/bin/cuobjdump backends/nvidia/bin/nvdisasm; do
    rm -rf "$site/triton/$unused"
done
find "$site" -name '*.a' -delete
