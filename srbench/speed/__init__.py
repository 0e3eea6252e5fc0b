"""Speed: timing of one upscaler, and the machine it ran on."""
