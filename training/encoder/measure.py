"""Measuring an exported encoder the way it serves, on what training did not see."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tianfu.embeddings.artefact import load_artefact
from tianfu.embeddings.encoder.loading import KIND, open_encoder
from tianfu.eval import headlines, retrieval, sts
from tianfu.eval.core import Subject, SuiteResult
from tianfu.training.encoder.corpus import HEADLINES, Corpus

STS = "sentence_pairs/stsb_dev.jsonl.gz"


def measure_encoder(
    artefact_path: Path, corpus: Corpus, data: Path, prefixes: tuple[int, ...]
) -> Mapping[str, SuiteResult]:
    """Run the suites.

    Keys are suite names, with the length for shorter vectors and the source for headlines.
    """
    artefact = load_artefact(artefact_path, kind=KIND)
    whole = Subject(encoder=open_encoder(artefact))
    titles = [story.title for story in corpus.development]
    bodies = [story.body for story in corpus.development]
    found = {retrieval.NAME: retrieval.measure(titles, bodies, whole)}
    for length in prefixes:
        short = Subject(encoder=open_encoder(artefact, dimension=length), baselines=False)
        found[f"{retrieval.NAME}_{length}"] = retrieval.measure(titles, bodies, short)
    for name, learn, test in zip(HEADLINES, corpus.headlines, corpus.headlines_kept, strict=True):
        source = Path(name).name.split(".")[0]
        parts = [([t for t, _ in rows], np.array([label for _, label in rows])) for rows in (learn, test)]
        found[f"{headlines.NAME}_{source}"] = headlines.measure(parts[0], parts[1], whole)
    found[sts.NAME] = sts.run([data / STS], whole)
    return found
