"""Copies of texts: fingerprints, an index of them, and verification on the texts themselves."""
