"""The columns of runs that are scored by PSNR and SSIM."""

from __future__ import annotations

from srbench.analysis.columns import metrics_of, scoreboard_columns

METRICS = metrics_of({})
LEADING = next(iter(METRICS))
COLUMNS = scoreboard_columns(METRICS)
