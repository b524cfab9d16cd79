"""What holds for every test."""

import os

# Workers of a parallel run are given a width; lines are cut to the terminal's, which is none in a test.
os.environ.pop("COLUMNS", None)
