"""Config + seed -> a run in training, what it remembers, and how it is looked at."""
