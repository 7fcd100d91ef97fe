#!/bin/sh
# Build stage: kubesplat itself into /opt/kubesplat, and the web viewer if a version of it is given.
set -eu
viewer=${1-}
python=/opt/kubesplat/bin/python
site=$($python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels /source
/build/bin/pip --python $python install --no-deps --no-index --no-compile /wheels/kubesplat-*.whl
if [ -n "$viewer" ]; then
    PATH=/build/bin:$PATH $python -m components.evaluate.viewer.install --version "$viewer"
fi
cp /source/images/kernel_cache.py "$site"
echo 'import kernel_cache' > "$site/kernel_cache.pth"
# The file system is read-only at run time: bytecode comes with the image and never gets old.
# Templates that only look like Python do not compile.
$python -m compileall -q --invalidation-mode unchecked-hash "$site" > /dev/null || true
