"""Passes of normalizations, poolings and a softmax over arrays: what is summed, and what is written from the sums.

batch_normalization.py  over channels, of which sums are kept in cells
layer_rows.py           layer normalization where what is normalized is adjacent
layer_columns.py        layer normalization where it is not
layer_parts.py          what these two share
softmax.py              maxima, and sums of exponentials
windows.py              which outputs a pooling window's taps serve
"""
