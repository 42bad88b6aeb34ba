"""Numbers in vectors, as LLVM's instructions: what must not be left to its own vectoriser.

stream.py       an array of an intrinsic, read and written one vector at a time
lanes.py        vectors with Python's operators
elements.py     elements one by one
elementary.py   exp, tanh, erf and the like of vectors
runs.py         adjacent elements, walked vector by vector, to the last one
rows.py         rows of numbers copied
combined_rows.py  rows added up, added to others, compared with others
"""
