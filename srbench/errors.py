"""Everything srbench raises on purpose.

::

    SrbenchError              one line for the user; the command line exits with 2
    ├── UsageError            a bad argument: unknown name, malformed spec, impossible combination
    ├── ImageError            a file or array that is not an image srbench can use
    ├── DatasetError          a dataset that is absent, incomplete or not what its manifest says
    ├── MethodError           a method that cannot be imported, or that breaks the method contract
    ├── MetricError           a metric that cannot be imported, or that breaks the metric contract
    ├── RunFolderError        a run folder that is in use, of another run, or unreadable
    ├── Crashed               a worker process that ended before it answered: becomes a `crashed` row
    ├── TimedOut              a worker process that did not answer in time: becomes a `timeout` row
    └── Unsupported           "cannot do this here": becomes a `skipped` row, not a failure
"""


class SrbenchError(Exception):
    """Root of the tree above; its text says what was got, what was expected, where, and what to do."""

    output: str = ""
    """The tail of what was printed by the worker that it happened in, if any."""


class UsageError(SrbenchError):
    """A bad argument: an unknown name, a malformed spec, options that exclude each other."""


class ImageError(SrbenchError):
    """A file or an array that is not an image srbench can use."""


class DatasetError(SrbenchError):
    """A dataset that is absent, incomplete, or not what its manifest says."""


class MethodError(SrbenchError):
    """A method that cannot be imported, or whose output breaks the method contract."""


class MetricError(SrbenchError):
    """A metric that cannot be imported, or whose declaration or value breaks the metric contract."""


class RunFolderError(SrbenchError):
    """A run folder that is locked by another process, holds another run, or cannot be read."""


class OtherSettings(RunFolderError):  # noqa: N818 - it names what differs
    """A run folder that holds a run with different settings, whose results another folder may take over."""


class Crashed(SrbenchError):  # noqa: N818 - what happened to a worker
    """A worker process ended before it answered."""

    memory = 0
    """The bytes that it had when it was ended for taking more than it may; else 0."""


class TimedOut(SrbenchError):  # noqa: N818 - what happened to a worker
    """A worker process did not answer in time and was ended."""


class Unsupported(SrbenchError):  # noqa: N818 - it reports a limit, not an error
    """Raised by a method or protocol that cannot do what is asked here (factor, device, colour, size).

    The row gets status `skipped` and this text as its reason.
    """


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its type where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
