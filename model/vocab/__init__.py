"""Vocabularies as facts with a version: topic classes, media topics, divisions, outlets."""
