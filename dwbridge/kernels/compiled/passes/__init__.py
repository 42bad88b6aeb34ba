"""Passes of normalizations and of a softmax over arrays: what is summed, and what is written from the sums."""
