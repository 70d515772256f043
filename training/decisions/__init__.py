"""What editors decided, out of a data snapshot: labels, split by cluster and time, and checked."""
