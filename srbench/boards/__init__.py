"""How do many runs stand beside each other? A board: scores with their setting, machine, versions and history."""
