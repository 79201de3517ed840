"""Training: one loop that everything goes through, its checkpoints and log, and how batches come to it."""
