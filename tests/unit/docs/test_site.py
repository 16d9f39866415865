"""The documentation builds as a site, whole and without a network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import PAGES, ROOT, blocks

HOMES = {
    "README.md": "index.html",
    "CONTRIBUTING.md": "contributing.html",
    "charts/bytebridge/README.md": "chart.html",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    offline = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:1")
    offline["NO_MKDOCS_2_WARNING"] = "1"
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder))
    built = subprocess.run(
        command, cwd=ROOT, env=offline, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, f"a page that is not in mkdocs.yml, or a link:\n{built.stderr}"
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_all_its_code(site: Path, page: Path) -> None:
    """Markdown's dialects differ: what GitHub shows as code may be running text in the site."""
    path = str(page.relative_to(ROOT))
    home = HOMES.get(path, path.removeprefix("docs/").replace(".md", ".html"))
    html = (site / home).read_text(encoding="utf-8")
    assert html.count("<pre") == len(blocks(page))


def test_only_documents_are_in_it(site: Path) -> None:
    assert not [path for path in site.rglob("*") if path.suffix in {".py", ".pyc", ".md"}]


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe)[^>]* src="(https?:[^"]+)', text)
        fetched += re.findall(r'<link[^>]* href="(https?:[^"]+)', text)
        assert fetched == [], page


WRITTEN_BY_HAND = [page for page in PAGES if page.name != "reference.md"]


@pytest.mark.parametrize("page", WRITTEN_BY_HAND, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_heading_comes_twice_at_the_top(page: Path) -> None:
    """Two sections of one name are one that was pasted twice."""
    headings = re.findall(r"^## .+$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(headings) == len(set(headings))
