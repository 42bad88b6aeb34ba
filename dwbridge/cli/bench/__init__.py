"""`dwbridge bench`, and what the scripts in `benchmarks/` share with it: shapes, peers, bursts, the peak."""
