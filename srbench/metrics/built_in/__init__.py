"""The metrics that come with srbench, one module each; its name, with its hyphens, is the metric's."""
