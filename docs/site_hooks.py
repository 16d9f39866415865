"""Hooks of the site: files that lie outside of docs/ become pages of it, and links lead to them."""

import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "charts/bytebridge/README.md": "chart.md",
}
"""Path in the repository -> page of the site."""
_LINK: Final = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and every file of the repository that some page links to."""
    for source, name in PAGES.items():
        content = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=content))
    for page in files.documentation_pages():
        for target in _LINK.findall(page.content_string):
            path = _in_repository(page.src_uri, target)
            if path not in PAGES and not path.startswith("docs/") and (ROOT / path).is_file():
                copied = File.generated(config, path, abs_src_path=str(ROOT / path))
                if files.get_file_from_path(path) is None:
                    files.append(copied)
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead the links of a page to where their targets are in the site."""
    folder = posixpath.dirname(page.file.src_uri)

    def mended(match: re.Match[str]) -> str:
        target = site_path(_in_repository(page.file.src_uri, match[1]))
        return posixpath.relpath(target, folder or ".")

    return _LINK.sub(mended, markdown)


def site_path(path: str) -> str:
    """Where a file of the repository is in the site's folder of pages."""
    return PAGES.get(path, path.removeprefix("docs/"))


def _in_repository(page: str, target: str) -> str:
    """The file of the repository that a link of a page means."""
    sources = {value: key for key, value in PAGES.items()}
    source = sources.get(page, f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
