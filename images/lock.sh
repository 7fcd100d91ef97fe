#!/bin/sh
# Writes the lock files of both images, every file with its hash: `sh images/lock.sh`, from the repository's root.
# Needs uv. Arguments replace the place of torch's CPU build, such as `--find-links FOLDER`.
set -eu
test $# -gt 0 || set -- --extra-index-url https://download.pytorch.org/whl/cpu --index-strategy unsafe-best-match
lock() {
    uv pip compile --quiet --generate-hashes --no-annotate --no-header --no-emit-package kubesplat --python-version 3.11 \
        --python-platform x86_64-manylinux_2_28 --constraint constraints.txt "$@" >/dev/null
}
lock images/build.in --output-file images/build.lock
lock images/cpu/requirements.in --output-file images/cpu/requirements.lock "$@"
lock images/gpu/requirements.in --output-file images/gpu/requirements.lock
lock images/gpu/nvcc.in --no-deps --output-file images/gpu/nvcc.lock
