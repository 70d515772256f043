"""Data snapshot to artefact and card.  Reads and writes files only."""
