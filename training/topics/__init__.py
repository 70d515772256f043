"""The topic tagger: from stories labelled by reading to a calibrated artefact."""
