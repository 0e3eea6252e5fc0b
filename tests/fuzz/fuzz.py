"""Fuzz one reader with atheris: `python tests/fuzz/fuzz.py READER --seconds N`.

Prints each new kind of crash with the file that causes it, and at the end how much was executed and covered. Such a
file becomes a regression test of its reader's module. Needs `pip install -e '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("image", "manifest", "row", "protocol", "protocol_spec", "convention", "spec", "info")
INSTRUMENTED = ["srbench", "PIL", "tomllib", "json", "urllib.parse"]
LIMITS = ("-timeout=30", "-rss_limit_mb=3000", "-max_len=8192", "-print_final_stats=1")


def main() -> None:
    """Fuzz in another process, which libFuzzer ends as it likes, and sum up what it said."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("reader", choices=NAMES)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--out", type=Path, default=Path("build/fuzz"), help="keeps corpus and crashes")
    arguments.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    corpus, crashes = (given.out / given.reader / name for name in ("corpus", "crashes"))
    if given.inside:
        fuzz(given.reader, given.seconds, corpus, crashes)
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    sys.exit(report(given.reader, [sys.executable, *sys.argv, "--inside"], crashes))


def report(reader: str, command: list[str], crashes: Path) -> int:
    """Run `command` and print what it says, then one line that sums it up; return 1 if there was a crash."""
    before = set(crashes.iterdir())
    executions, covered = "0", "0"
    with subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, errors="replace") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            executions = _found(r"^#(\d+)\s", line) or executions
            covered = _found(r"cov: (\d+)", line) or covered
    new = len(set(crashes.iterdir()) - before)
    print(f"{reader}: {executions} executions, {covered} coverage counters, {new} new crashes in {crashes}")
    return int(bool(new or process.returncode))


def fuzz(reader: str, seconds: int, corpus: Path, crashes: Path) -> None:
    """Mutate the seeds and what they lead to; this ends the process."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        check, seeds, words = importlib.import_module("readers").READERS[reader]
    for seed in seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    dictionary = corpus.with_name("words")
    escaped = ["".join(f"\\x{byte:02x}" for byte in word) for word in words]
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped), encoding="ascii")
    with tempfile.TemporaryDirectory() as scratch:
        once = recorded(check, Path(scratch) / "input", crashes)
        flags = [*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", f"-dict={dictionary}"]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], once)
        atheris.Fuzz()


def recorded(check: Callable[[Path], None], file: Path, crashes: Path) -> Callable[[bytes], None]:
    """Return a function that goes on after a crash, so that one bug does not hide the others."""
    seen: set[str] = set()

    def once(content: bytes) -> None:
        file.write_bytes(content)
        try:
            check(file)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {place.filename}:{place.lineno}"
            if kind not in seen:
                seen.add(kind)
                kept = crashes / hashlib.sha256(content).hexdigest()[:16]
                kept.write_bytes(content)
                print(f"crash {len(seen)}: {kind}: {str(error)[:300]!r}; kept as {kept}", flush=True)

    return once


def _found(pattern: str, line: str) -> str:
    match = re.search(pattern, line)
    return match.group(1) if match else ""


if __name__ == "__main__":
    main()
