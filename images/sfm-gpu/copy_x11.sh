#!/bin/sh
# Build stage: X11 libraries, which pycolmap's build for CUDA links and never calls without a display. They go beside
# its own libraries, where its rpath leads.
set -eu
packages="libsm6 libice6 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0 libuuid1"
site=$(/opt/kubesplat/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
apt-get update
apt-get install -y --no-install-recommends $packages
for package in $packages; do
    dpkg -L "$package" | grep '\.so\.[0-9]*$' | xargs -I{} cp -L {} "$site/pycolmap_cuda12.libs/"
    install -D -m 644 "/usr/share/doc/$package/copyright" "/opt/kubesplat/share/doc/$package/copyright"
done
