"""Quality: images, how LR is made from HR, and how SR is compared with HR. Knows nothing of pandas, rich or typer."""
