#!/bin/sh
# Build stage: a CUDA toolkit from PyPI in /cuda, laid out as torch expects it, and gsplat compiled with it.
set -eu
/build/bin/pip install --no-deps --no-cache-dir --require-hashes --target /cuda -r /locks/nvcc.lock
CUDA_HOME=$(echo /cuda/nvidia/cu*)
ln -s lib "$CUDA_HOME/lib64"
ln -s "$(basename "$CUDA_HOME"/lib/libcudart.so.*)" "$CUDA_HOME/lib/libcudart.so"
export CUDA_HOME PATH=/opt/kubesplat/bin:$PATH
python /locks/build_gsplat.py
