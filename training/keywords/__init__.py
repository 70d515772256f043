"""Learns the keyword table: which words editors file stories under."""
