#!/bin/sh
# Build stage: what of torch, Triton and gsplat only compilers and profilers use.
set -eu
site=$(/opt/kubesplat/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$site"/torch/include "$site"/torch/share/cmake "$site"/nvidia/*/include "$site"/gsplat/cuda/csrc
cd "$site/triton"
rm -rf FileCheck instrumentation plugins profiler _C/libproton.so backends/nvidia/lib/cupti \
    backends/nvidia/include backends/nvidia/bin/cuobjdump backends/nvidia/bin/nvdisasm
find "$site" -name '*.a' -delete
