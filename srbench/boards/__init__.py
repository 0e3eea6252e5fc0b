"""How do many runs stand beside each other? A board: what methods scored, under which setting, and where it comes from."""
