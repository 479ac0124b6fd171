"""Several runs of one task, side by side: what they differ in, trained together, and what came out."""
