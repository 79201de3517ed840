"""The version of mien that runs."""

from mien.version import __version__

__all__ = ["__version__"]
