"""The command line: one file per command. Importing it is cheap; commands import what they need when they run."""

from __future__ import annotations

import os
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every expected error is one line on standard error and exit code 2.

    `--debug` counts wherever it stands, since it is added to a command that has just failed.
    """
    import typer

    from srbench.cli import streams, variables
    from srbench.cli.app import app
    from srbench.errors import SrbenchError

    # ClickException, whether this typer carries its own click or imports it
    click_error: type[Any] = typer.BadParameter.__mro__[2]
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given or os.environ.get("SRBENCH_DEBUG", "").lower() in {"1", "true", "yes", "on"}
    streams.prepare()
    if not (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf"):
        app.rich_markup_mode = None  # help without frames
    try:
        _refuse_empty(given)
        command = typer.main.get_command(app)
        variables.list_apart(command)
        code = command.main([each for each in given if each != "--debug"], prog_name="srbench", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:  # who asked has read enough
        streams.drop(sys.stdout)
        code = 0
    except (SrbenchError, ImportError, OSError, click_error) as error:
        if debug:
            traceback.print_exc()
        code = _complain(_line(error, click_error))
    streams.finish()
    sys.exit(code)


def _refuse_empty(given: Sequence[str]) -> None:
    """Refuse an empty argument: as a path it would be the current folder."""
    from srbench.errors import UsageError

    for before, each in zip(["srbench", *given], given, strict=False):
        if not each or re.fullmatch(r"--[\w-]+=", each):
            where = f"{each.rstrip('=')} is empty" if each else f"the argument after {before} is empty"
            raise UsageError(f"{where}, expected a value; is a variable of the shell unset?")


def _complain(text: str) -> int:
    """Print one line; there is none to print where the help was shown instead."""
    if text:
        from srbench.printable import printable

        print("srbench: " + printable(" ".join(text.split())), file=sys.stderr)  # noqa: T201 - the one line
    return 2


def _line(error: Any, click_error: type[Any]) -> str:  # noqa: ANN401 - click has no types here
    """Return what to say about `error`."""
    if isinstance(error, click_error):
        text = error.format_message()
        if type(error).__name__ == "NoArgsIsHelpError":  # without frames, the help is what it says
            print(text, file=sys.stderr)  # noqa: T201
            return ""
        if text.startswith("Got unexpected extra argument"):
            text = f"{text.rstrip(').')}); a list has commas without spaces, and what has spaces needs quotes"
        return f"{text.rstrip('.')}; see {error.ctx.command_path} --help" if text and error.ctx else str(text)
    if isinstance(error, ImportError):
        return _import_help(error)
    if isinstance(error, OSError) and error.filename:
        return f"cannot use {error.filename}: {error.strerror}; check the path, its permissions and the disk"
    return str(error)


def _import_help(error: ImportError) -> str:
    if ".so" in str(error) and _comes_from(error, "cv2"):
        return (
            f"OpenCV does not load: {error}; on a server without graphics libraries: pip install opencv-python-headless"
        )
    again = "" if isinstance(error, ModuleNotFoundError) else "--force-reinstall "  # what is there, but broken, too
    return f"{error}; srbench needs it: in its checkout, pip install {again}-e ."


def _comes_from(error: ImportError, package: str) -> bool:
    """Tell whether it is `package` that failed: other libraries miss shared objects, too."""
    frames = [Path(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return error.name == package or any(package in path.parts for path in [*frames, Path(error.path or "")])
