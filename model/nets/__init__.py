"""Learned models (torch): used by training only, never by serving."""
