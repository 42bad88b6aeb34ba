"""The class page of `DepthwiseConvolution2D`, row by row: what there is to see, for either library.

Every row is a function `row(ch, see)`: `ch` is Chainer or dwbridge, `see(label, what)` keeps what comes out of a call,
or a value. `make_chainer_page.py` writes down what Chainer shows; `tests/links/test_page_rows.py` compares.
"""
