"""Measurements of speed and of surviving: tables for people, JSON for machines, nothing asserted."""
