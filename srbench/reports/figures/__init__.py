"""Figures for papers, drawn with matplotlib: one file per kind. They read findings; they compute no score."""
