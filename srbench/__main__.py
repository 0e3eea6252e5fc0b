"""`python -m srbench`, which imports nothing from the current folder, though Python looks there first."""

import sys
from pathlib import Path


def _leave_out_current_folder() -> None:
    """Drop what `python -m` put first: a queue.py or cv2.py among the user's files is not to be run.

    A checkout is the exception: srbench itself lies there. What Python and the package import before this line (such as
    runpy and pathlib) can only be protected by `python -P -m srbench`, or by the command `srbench`.
    """
    if not sys.flags.safe_path and Path(sys.path[0]).resolve() != Path(__file__).resolve().parents[1]:
        del sys.path[0]


if __name__ == "__main__":
    _leave_out_current_folder()
    from srbench.cli import main

    main()
