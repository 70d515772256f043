"""How stories relate: data, features to weights, a small artefact with a card."""
