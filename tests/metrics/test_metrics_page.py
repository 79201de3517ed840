"""docs/metrics.md has a row for every measure, and every row names what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
MODULES = sorted(path.stem for path in (ROOT / "src" / "mien" / "metrics").glob("*.py") if path.stem != "__init__")

OF_THE_PAPERS = {
    "CCFE": ("LIE", "FED", "FID", "CPBD", "ID", "LSE-D", "LSE-C"),
    "DNT": ("PSNR", "SSIM", "CE of types", "CE of levels", "LMD", "CSS", "s = Mx"),
    "NED": ("APD", "FAPD", "MAPD", "FID"),
    "FG-EmoTalk": ("LPIPS", "ACC_emo", "APD", "AED", "MAE", "PSNR", "SSIM"),
}


def section(title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def rows(text):
    """Cells of a section's table, without head and rule."""
    lines = [line for line in text.splitlines() if line.startswith(("| ", "|-"))]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:]]


@pytest.mark.parametrize("module", MODULES)
def test_every_file_is_on_the_page(module):
    assert f"`{module}`" in PAGE, f"metrics/{module}.py is not in docs/metrics.md: give it a row"


@pytest.mark.parametrize("paper", OF_THE_PAPERS)
def test_every_metric_of_the_papers_has_a_row(paper):
    text = section(paper)
    for name in OF_THE_PAPERS[paper]:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text), name


def test_every_row_is_whole():
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    tables = [title for title in titles if title != "What the papers leave open"]
    found = [row for title in tables for row in rows(section(title))]
    assert len(found) > 35
    for row in found:
        assert len(row) == 6, row
        assert all(cell.strip() for cell in row), row
        files = re.findall(r"`(\w+)`", row[1])
        assert files, row
        assert set(files) <= set(MODULES), row


def test_accumulators_are_where_the_page_says():
    """A + behind a file: it has a class that takes what comes, by ``add``."""
    for row in (row for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE) for row in rows(section(title))):
        for name in re.findall(r"`(\w+)` \+", row[1]):
            text = (ROOT / "src" / "mien" / "metrics" / f"{name}.py").read_text(encoding="utf-8")
            assert re.search(r"^    def add\(", text, re.MULTILINE), name
