"""srbench: a benchmark for image upscalers."""

__version__ = "0.1.0"
