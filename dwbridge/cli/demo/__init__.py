"""`dwbridge demo`, the main job: the command, its steps in a file each, what they found, and the report."""
