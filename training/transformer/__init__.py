"""Training the transformer encoder of the province on a pretrained start."""
