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

from srbench.reports.html import page

ROOT = Path(__file__).parents[3]
FOLDER = Path(page.__file__).parent


def lint(folder: Path = FOLDER, scripts: tuple[str, ...] = page.SCRIPTS) -> list[str]:
    """Return what oxlint finds in scripts that a page joins, as `file:line:column: what`.

    Raises:
        RuntimeError: oxlint itself fails.

    """
    contents = [(folder / name).read_text(encoding="utf-8") for name in scripts]
    origins = [(name, line) for name, text in zip(scripts, contents, strict=True) for line in _lines(text)]
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
    return [f"{folder / name}:{line}:{rest}" for (name, line), rest in places]


def _lines(text: str) -> range:
    """Return the numbers of the lines that a text takes where another is joined to it."""
    return range(1, text.count("\n") + 2)


if __name__ == "__main__":
    findings = lint()
    sys.exit("\n".join(findings) or None)
