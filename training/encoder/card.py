"""What the artefact says of itself: a card for programs and a page for people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.eval.core import SuiteResult
from tianfu.training.checkpoint import Standing
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.corpus import Corpus
from tianfu.training.encoder.export import RARITY, serving_settings

SOURCES = (
    "CCTV evening news 2012-2025 (items and briefs): texts are their publisher's property",
    "Sina portal articles of 2018: texts are their publishers' property",
    "People's Daily headlines 1990-2022: texts are their publisher's property",
    "NLPCC 2017 and Toutiao headlines with classes; AFQMC, LCQMC and Chinese STS-B sentence pairs:"
    " published for research",
)
LICENCES = (
    "Weights: Apache-2.0.  They hold no text of the sources; whoever trains again needs the right to"
    " the texts used.",
)

STUDY = "for study `SentenceTransformer(folder, trust_remote_code=True)`"
LIMITS = (
    "It reads words, not grammar: negation, roles and order of words make little difference to a vector."
    "  The stories it learned from lean towards national politics and diplomacy."
)


def card_values(
    config: EncoderConfig, features: NgramFeatures, corpus: Corpus, standing: Standing
) -> dict[str, Any]:
    """The card before anything is measured."""
    return {
        "schema": 1,
        "kind": "encoder",
        "architecture": "weighted bag of character n-grams, learned rows",
        "name": config.name,
        "version": config.version,
        "dimension": config.dimension + config.lexical,
        "encoder": serving_settings(features, _lengths(config), _lexical(config)),
        "study": STUDY,
        "limits": LIMITS,
        "sources": list(SOURCES),
        "licences": list(LICENCES),
        **run_values(
            corpus,
            standing,
            training=config.as_dict(),
            development_from=config.development_from,
            notes=config.notes,
        ),
    }


def run_values(
    corpus: Corpus, standing: Standing, *, training: Mapping[str, Any], development_from: str, notes: str
) -> dict[str, Any]:
    """What every encoder's card says of the run that made it."""
    return {
        "data": {
            "sha256": corpus.sha256,
            "stories": len(corpus.stories),
            "twins": len(corpus.twins),
            "headlines": len(corpus.titles),
            "development": len(corpus.development),
            "development_from": development_from,
        },
        "training": dict(training),
        "notes": notes,
        "trained_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cost": {"steps": standing.step, "seconds": round(standing.seconds)},
    }


def _lengths(config: EncoderConfig) -> tuple[int, ...]:
    return (config.dimension, *config.prefixes) if config.lexical else config.prefixes


def _lexical(config: EncoderConfig) -> dict[str, Any] | None:
    if not config.lexical:
        return None
    # the loss adds temperature * cosine and lexical_scale * cosine of words
    weight = (config.lexical_scale / config.temperature) ** 0.5
    return {"tensor": RARITY, "dimension": config.lexical, "weight": round(weight, 6)}


def suite_values(suites: Mapping[str, SuiteResult]) -> dict[str, Any]:
    """Figures with intervals and baselines, by suite."""
    values = {name: result.as_json() for name, result in suites.items()}
    for one in values.values():
        one.pop("model")
    return values


def card_page(card: Mapping[str, Any]) -> str:
    """The card as a page in Markdown."""
    lines = [
        f"# {card['name']} {card['version']}",
        "",
        f"Turns Chinese news text into vectors of {card['dimension']} numbers"
        f" (prefixes of {', '.join(map(str, card['encoder']['prefixes']))} work too):"
        f" {card['architecture']}.",
        f"No torch is needed to serve; {card['study']}.",
        "",
        f"Trained on {card['data']['stories']:,} stories before {card['data']['development_from']};"
        f" measured on {card['data']['development']:,} later ones that it never saw.",
        "",
        "| suite | n | metric | value | 95 % interval | TF-IDF |",
        "|---|---|---|---|---|---|",
    ]
    for name, suite in card["metrics"].items():
        for metric, value in suite["metrics"].items():
            low, high = suite["intervals"].get(metric, (value, value))
            base = suite["baselines"].get("tfidf", {}).get(metric)
            told = "" if base is None else f"{base:.3f}"
            lines.append(
                f"| {name} | {suite['n']:,} | {metric} | {value:.3f} | {low:.3f}–{high:.3f} | {told} |"
            )
    lines += [
        "",
        "Suite `retrieval`: a headline looks for its own lead (160 characters) among all leads."
        "  `headlines_*`: a linear probe on frozen vectors, and a head of models over words beside it;"
        " a fifth of each set was kept out.  `sts`: Chinese STS-B, development part.  TF-IDF is fitted on"
        " the measured texts themselves (headlines: on those learned from).",
        "",
        "## Sources and rights",
        "",
        *(f"- {line}" for line in (*card["sources"], *card["licences"])),
        "",
        "## Limits",
        "",
        card["limits"],
        *([card["notes"]] if card.get("notes") else []),
        "",
    ]
    return "\n".join(lines)
