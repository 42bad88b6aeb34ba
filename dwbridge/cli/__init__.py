"""The command line, one command a file. `main.py` is the entry."""
