"""What is behind a number that does not match? claim, lr_kinds, offsets."""
