"""`make check` lints the JavaScript of pages with this: as the one script of a page, so that names meet across files.

python tests/reports/html/lint.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from srbench.boards.pages import site
from srbench.reports.html import page

ROOT = Path(__file__).parents[3]
FOLDER, BOARD = Path(page.__file__).parent, Path(site.__file__).parent
PAGES = (
    [FOLDER / name for name in page.SCRIPTS],
    [*(FOLDER / name for name in site.SHARED), *(BOARD / name for name in site.SCRIPTS)],
)
"""The scripts of each kind of page."""


def lint(scripts: list[Path]) -> list[str]:
    """Return what oxlint finds in scripts that a page joins, as `file:line:column: what`.

    Raises:
        RuntimeError: oxlint itself fails.

    """
    contents = [path.read_text(encoding="utf-8") for path in scripts]
    origins = [(path, line) for path, text in zip(scripts, contents, strict=True) for line in _lines(text)]
    with tempfile.TemporaryDirectory() as temporary:
        joined = Path(temporary, "page.js")
        joined.write_text("\n".join(contents), encoding="utf-8")
        oxlint = Path(sysconfig.get_path("scripts"), "oxlint")
        command: list[str | Path] = [oxlint, "--config", ROOT / ".oxlintrc.json", "--format", "unix", joined]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.findall(rf"^{re.escape(str(joined))}:(\d+):(.*)$", done.stdout, re.MULTILINE)
    if done.returncode and not found:
        raise RuntimeError(f"oxlint failed ({done.returncode}): {done.stdout}{done.stderr}")
    places = [(origins[int(line) - 1], rest) for line, rest in found]
    return [f"{path}:{line}:{rest}" for (path, line), rest in places]


def _lines(text: str) -> range:
    """Return the numbers of the lines that a text takes where another is joined to it."""
    return range(1, text.count("\n") + 2)


if __name__ == "__main__":
    findings = dict.fromkeys(finding for scripts in PAGES for finding in lint(scripts))
    sys.exit("\n".join(findings) or None)
