"""Text as models see it: markup and page furniture gone, width and script folded, offsets kept."""
