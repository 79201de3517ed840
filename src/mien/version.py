"""The version of mien that runs."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mien")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0+source"
