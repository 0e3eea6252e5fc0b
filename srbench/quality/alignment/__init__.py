"""How does SR lie on HR, and how does it hold its values? Shift, placement, channel order and levels.

Each module finds one thing in a pair of HR and SR and undoes it: `shift`, `placement`, `channels`, `levels`.
"""
