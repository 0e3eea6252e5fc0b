"""What do trained networks see in an image? Their features, and where their weights come from."""
