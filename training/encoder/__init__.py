"""Training of the static text encoder: frozen data in, artefact and card out."""
