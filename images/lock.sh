#!/bin/sh
# Writes every lock: constraints.txt for `make install`, and those of both images, each file with its hash.
# `make lock` runs it from the repository's root, with uv. Versions that still fit stay; to take newer ones, delete
# their lines from constraints.txt. Arguments replace the place of torch's CPU build, such as `--find-links FOLDER`.
set -eu
test $# -gt 0 || set -- --extra-index-url https://download.pytorch.org/whl/cpu --index-strategy unsafe-best-match
uv=${UV:-uv}
compile() {
    "$uv" pip compile --quiet --no-annotate --no-emit-package kubesplat --python-version 3.11.4 "$@" >/dev/null
}
lock() {
    compile --no-header --generate-hashes --python-platform x86_64-manylinux_2_28 --constraint constraints.txt "$@"
}
compile pyproject.toml images/gpu/requirements.in --extra dev --universal \
    --custom-compile-command "make lock" --output-file constraints.txt
lock images/build.in --output-file images/build.lock
lock images/cpu/requirements.in --output-file images/cpu/requirements.lock "$@"
lock images/gpu/requirements.in --output-file images/gpu/requirements.lock
lock images/gpu/nvcc.in --no-deps --output-file images/gpu/nvcc.lock
