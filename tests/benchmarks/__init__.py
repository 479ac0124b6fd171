"""Timings, run by `make bench`: what the tests may not do, because a shared machine would make them fail by chance."""
