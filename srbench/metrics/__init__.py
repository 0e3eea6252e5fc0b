"""What is a metric, and which are there? `Metric` is what a metric's module declares."""

from srbench.metrics.declaration import Metric

__all__ = ["Metric"]
