"""Functions of on-demand views."""
