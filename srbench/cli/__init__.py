"""The command line: one file per command. Importing it is cheap; commands import what they need when they run."""

from __future__ import annotations

import os
import sys
from typing import Any


def main() -> None:
    """Run the command line; every expected error is one line on standard error and exit code 2."""
    import typer

    from srbench.cli.app import app
    from srbench.errors import SrbenchError

    # ClickException, whether this typer carries its own click or imports it
    click_error: type[Any] = typer.BadParameter.__mro__[2]
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except SrbenchError as error:
        code = _complain(str(error))
    except ImportError as error:
        code = _complain(_import_help(error))
    except click_error as error:
        code = _complain(error.format_message())
    sys.exit(code)


def _complain(text: str) -> int:
    """Print one line, or let the traceback through where --debug asks for it."""
    if "--debug" in sys.argv or os.environ.get("SRBENCH_DEBUG"):
        raise  # noqa: PLE0704 - called while an error is handled
    print("srbench: " + " ".join(text.split()), file=sys.stderr)  # noqa: T201 - the one line
    return 2


def _import_help(error: ImportError) -> str:
    if ".so" in str(error):
        return (
            f"OpenCV does not load: {error}; on a server without graphics libraries: pip install opencv-python-headless"
        )
    return f"{error}; srbench needs it: pip install --force-reinstall srbench"
