"""Versions of installed packages."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version


def installed_versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of packages, by name; without packages that are not installed."""
    versions = {"python": python_version()}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
