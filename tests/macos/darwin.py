"""darwin.py [OPTION]... PROGRAM [ARGUMENT]...: this Python as one on a Mac: sys.platform is built in, so it is
set before the program begins. Options of Python's own are taken as given."""

import runpy
import sys

words = sys.argv[1:]
while words[0].startswith("-"):
    words = words[2:] if words[0] == "-X" else words[1:]
sys.platform, sys.argv = "darwin", words
runpy.run_path(words[0], run_name="__main__")
