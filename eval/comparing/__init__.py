"""An old and a new model on the same items: what changed, and whether it is for the better."""
