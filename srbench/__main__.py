"""`python -m srbench`, which imports nothing from the current folder, though Python looks there first."""

import os  # Python itself has imported both: nothing that could come from the current folder may be named here
import sys


def _leave_out_current_folder() -> None:
    """Drop what `python -m` put first: a queue.py or cv2.py among the user's files is not to be run.

    A checkout is the exception: srbench itself lies there.
    """
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib is not imported yet
    if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != own:
        del sys.path[0]


if __name__ == "__main__":
    _leave_out_current_folder()
    from srbench.cli import main

    main()
