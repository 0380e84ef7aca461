"""Module paths of Feast's infrastructure that code imports from."""
