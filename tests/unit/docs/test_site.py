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


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe)[^>]* src="(https?:[^"]+)', text)
        fetched += re.findall(r'<link[^>]* href="(https?:[^"]+)', text)
        assert fetched == [], page
