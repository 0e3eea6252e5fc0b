"""How are one's own images upscaled? For `srbench upscale` and `srbench.upscale`."""
