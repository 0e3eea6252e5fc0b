"""Functions, networks and objects of a notebook or a script, as methods: each is written down as a plug-in."""
