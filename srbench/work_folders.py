"""Private folders for what a method writes for a program: they go with the worker that made them, however it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

MARK = "SRBENCH_WORKER"
"""The environment variable that a worker and all it starts carry; its value begins with the coordinator's token."""

_PREFIX = "srbench-"


class WorkFolder:
    """A new folder that only this user may read; it is removed with this object, or earlier by `close`.

    A worker that is killed removes nothing: its folders bear its mark, so `remove_marked` finds them.
    """

    def __init__(self) -> None:
        """Make it where temporary files belong.

        Raises:
            OSError: it cannot be made.

        """
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.environ.get(MARK, '')}"))
        self.close = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def remove_marked(prefix: str) -> None:
    """Remove the folders of workers whose mark begins with `prefix`."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)
