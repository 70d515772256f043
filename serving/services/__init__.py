"""Decisions: one module a use case."""
