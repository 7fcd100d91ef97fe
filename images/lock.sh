#!/bin/sh
# Pins everything: constraints.txt for pyproject.toml, then the lock files of all images within it, every file with
# its hash. `make lock`, or `sh images/lock.sh` from the repository's root with uv on the PATH. What is pinned stays:
# a package whose line is deleted from constraints.txt is pinned to its newest version.
# Arguments replace the place of torch's CPU build, such as `--find-links FOLDER`.
set -eu
test $# -gt 0 || set -- --find-links https://download.pytorch.org/whl/cpu/torch/
compile() {
    uv pip compile --quiet --no-annotate --no-emit-package kubesplat --python-version 3.11.4 \
        --python-platform x86_64-manylinux_2_28 "$@" >/dev/null
}
lock() {
    compile --no-header --generate-hashes --constraint constraints.txt "$@"
}
compile pyproject.toml --extra dev images/gpu/requirements.in --custom-compile-command 'make lock' \
    --output-file constraints.txt
lock images/build.in --output-file images/build.lock
lock images/cpu/requirements.in --output-file images/cpu/requirements.lock "$@"
lock images/gpu/requirements.in --output-file images/gpu/requirements.lock
# Without the constraint of torch's CUDA: pycolmap's is another.
grep -v '^cuda-toolkit==' constraints.txt | compile --no-header --generate-hashes --constraint - \
    --override images/sfm-gpu/overrides.txt images/sfm-gpu/requirements.in \
    --output-file images/sfm-gpu/requirements.lock
lock images/gpu/nvcc.in --no-deps --output-file images/gpu/nvcc.lock
