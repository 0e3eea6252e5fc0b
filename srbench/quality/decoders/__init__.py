"""Decoders: a module per format, each with `decode(content)`.

Pillow decodes; each module checks before and after it what Pillow guesses, passes over, or fills with black or grey
where a file ends early. A refusal is an `ImageError` without the file's name, which `srbench.quality.files` adds.
"""
