"""Measures the rules for names on annotated corpora."""
