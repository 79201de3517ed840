"""An evaluation as one HTML page that needs nothing else: words, pictures, curves, tables."""

from mien.app.evaluation.page.clip_page import write_page
from mien.app.evaluation.page.suite_page import write_suite_page

__all__ = ["write_page", "write_suite_page"]
