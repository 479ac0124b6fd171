"""Where and in which numbers a run computes."""
