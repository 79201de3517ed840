"""An evaluation as one HTML page that needs nothing else: words, pictures, curves, tables."""

from mien.app.evaluation.page.clip_page import write_page

__all__ = ["write_page"]
