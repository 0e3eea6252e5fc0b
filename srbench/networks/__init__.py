"""Torch networks as upscalers: what runs them, whole or in tiles, with which weights. Other rooms import it by name."""
