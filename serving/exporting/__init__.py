"""Data snapshots: what newsrooms and readers did, in files that training reads."""
