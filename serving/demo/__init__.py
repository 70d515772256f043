"""The demo newsroom: seed stories written for this project, and what grows from them."""
