"""A program as an upscaler: LR is written as a file, the program runs, SR is read from the file that it wrote."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from srbench.errors import ImageError, MethodError, Unsupported
from srbench.programs.running import run
from srbench.quality.files import read_image, write_image
from srbench.quality.image import from_255, grey, is_grey, stacked
from srbench.takes import EIGHT_BIT, Takes
from srbench.work_folders import WorkFolder

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.programs.command import Command
    from srbench.quality.image import Image

TAKES = Takes(channels="rgb", range=255, dtypes=EIGHT_BIT)
"""What every program takes: an image file of 8 bits."""

_SMALL = (16, 16, 3)
"""What a program is started with when nothing but its start is timed."""


class Job:
    """LR as a file in a private folder, and the file beside it that SR is to be in."""

    def __init__(self, lr: Image, factor: int, suffix: str) -> None:
        """Write `lr`, uint8.

        Raises:
            ImageError: it cannot be written.

        """
        self.height, self.width = lr.shape[0] * factor, lr.shape[1] * factor
        self.is_grey = is_grey(lr)
        self._folder = WorkFolder()
        self.input = self._folder.path / f"input.{suffix}"
        self.output = self._folder.path / f"output.{suffix}"
        write_image(self.input, lr, fast=True)

    @property
    def folder(self) -> Path:
        """Return the folder, which is gone with the job."""
        return self._folder.path

    @property
    def others(self) -> list[str]:
        """Return the names of further files there: what a program wrote under another name."""
        return sorted(each.name for each in self.folder.iterdir() if each not in (self.input, self.output))

    def close(self) -> None:
        """Remove the folder."""
        self._folder.close()


class ProgramUpscaler:
    """Takes and returns 8-bit images, grey or RGB. A call is its `phases`: write LR, run the program, read SR."""

    def __init__(self, command: Command, factor: int) -> None:
        """Start nothing yet."""
        self.command = command
        self.factor = factor
        self.takes = TAKES
        self.remark = command.remark
        self.by_design = command.by_design
        self.phases = (self.upload, self.infer, self.download)

    def __call__(self, image: Image) -> Image:
        """Upscale a grey or RGB image, uint8.

        Raises:
            Unsupported: the image has floats.
            MethodError: the program failed, or wrote no image of the size that it should have.

        """
        job = self.upload(image)
        try:
            return self.download(self.infer(job))
        finally:
            job.close()

    def upload(self, image: Image) -> Job:
        """Write LR."""
        if refusal := self.takes.refusal(image):
            raise Unsupported(refusal)
        return Job(image, self.factor, self.command.format)

    def infer(self, job: Job) -> Job:
        """Run the program, start and files of its own included."""
        job.output.unlink(missing_ok=True)  # that of an earlier run is none of this one
        words = self.command.filled(
            input=job.input, output=job.output, factor=self.factor, width=job.width, height=job.height
        )
        if failure := run(words, variables={"TMPDIR": str(job.folder)}).failure:
            raise MethodError(f"{self.command.program} {failure}")
        return job

    def download(self, job: Job) -> Image:
        """Read SR, and hold it to the size; colours are made grey, or grey to colours, as LR is."""
        sr = self._read(job)
        height, width = sr.shape[:2]
        if (height, width) != (job.height, job.width):
            got, expected = f"{width}x{height}", f"{job.width}x{job.height}"
            raise MethodError(f"{self.command.program} wrote {got} pixels, expected {expected}: LR times {self.factor}")
        if is_grey(sr) == job.is_grey:
            return sr
        return from_255(grey(sr), np.dtype(np.uint8)) if job.is_grey else stacked(sr)

    def start(self) -> None:
        """Run the program on a few pixels: what each call takes, however small its image is."""
        self.infer(self._small)

    @cached_property
    def _small(self) -> Job:
        return self.upload(np.zeros(_SMALL, np.uint8))

    def _read(self, job: Job) -> Image:
        program = self.command.program
        if not job.output.exists():
            wrote = f"but {', '.join(job.others)}" if job.others else "nor any other file beside it"
            raise MethodError(f"{program} ended well and wrote no {{output}}, {job.output.name}, {wrote}")
        try:
            return read_image(job.output)
        except ImageError as error:
            what = str(error).removeprefix(f"{job.output}: ")
            raise MethodError(f"{program} wrote {job.output.name} that cannot be used: {what}") from error
