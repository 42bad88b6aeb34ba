"""The seed of every random number in the tests; the report header prints it."""

SEED = 20261122
