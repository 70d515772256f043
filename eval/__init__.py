"""Measures of quality and speed: pure functions, named suites, reports."""
