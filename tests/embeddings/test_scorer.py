"""The feed's learnt ranker as an artefact."""

import json
from pathlib import Path

import pytest

from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, load_scorer, save_curves
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.feed.scoring import HAND_SET


def kept(folder: Path) -> Path:
    save_curves(folder, HAND_SET.curves)
    write_card(folder, {"kind": KIND, "name": "mine", "version": "7"}, files=[CURVES])
    return folder


def test_a_kept_scorer_comes_back_as_it_was(tmp_path: Path) -> None:
    found = load_scorer(kept(tmp_path))
    assert (found.version, dict(found.curves)) == ("mine@7", dict(HAND_SET.curves))


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    (kept(tmp_path) / CURVES).write_text("{}", encoding="utf-8")
    with pytest.raises(ArtefactInvalid, match="altered"):
        load_scorer(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", '{"fresh": {"at": [0, 1]}}', '{"fresh": 3}'])
def test_curves_for_other_features_are_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / CURVES).write_text(json.dumps(json.loads(text)), encoding="utf-8")
    write_card(tmp_path, {"kind": KIND, "name": "mine", "version": "7"}, files=[CURVES])
    with pytest.raises(ArtefactInvalid, match="does not fit") as refused:
        load_scorer(tmp_path)
    assert "tianfu train ranker" in (refused.value.advice or "")
