#!/bin/sh
# Build stage: a virtual environment in /opt/kubesplat with exactly what a lock file lists, and no pip in it.
set -eu
lock=$1
# pip, setuptools and npm work from /build, which no image keeps.
python3.11 -m venv /build
/build/bin/pip install --no-deps --no-cache-dir --require-hashes -r /locks/build.lock
python3.11 -m venv --without-pip /opt/kubesplat
# Source packages are built with the setuptools of build.in too.
export PIP_CONSTRAINT=/locks/build.in
/build/bin/pip --python /opt/kubesplat/bin/python install \
    --no-deps --no-cache-dir --no-compile --require-hashes -r "$lock"
