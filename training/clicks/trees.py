"""A LightGBM ensemble as an ONNX graph that scores the same."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, save_model

from tianfu.embeddings.ranker import INPUT, OUTPUT

_OPSET = 17
_ML_OPSET = 3


def write_onnx(dump: Mapping[str, Any], features: int, target: Path) -> None:
    """Write an ensemble as one ``TreeEnsembleRegressor``.

    Thresholds are rounded down to single precision, so that for single-precision features every comparison
    comes out as in LightGBM, which compares in double precision.

    Args:
        dump: ``Booster.dump_model()`` of trees over plain numbers.
        features: How many there are.
        target: File to write.
    """
    columns: dict[str, list[Any]] = {name: [] for name in _NODE_KEYS}
    leaves: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree, info in enumerate(dump["tree_info"]):
        _add_tree(tree, info["tree_structure"], columns, leaves)
    attributes: dict[str, Any] = {f"nodes_{name}": values for name, values in columns.items()}
    attributes |= {f"target_{name}": values for name, values in leaves.items()}
    node = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT],
        [OUTPUT],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "ranker",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    )
    model.ir_version = 9
    checker.check_model(model)
    save_model(model, target)


_NODE_KEYS = (
    "treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
    "missing_value_tracks_true",
)  # fmt: skip


def _add_tree(
    tree: int, root: Mapping[str, Any], columns: Mapping[str, list[Any]], leaves: Mapping[str, list[Any]]
) -> None:
    """Number the nodes of a tree depth first and write them down."""
    waiting: list[tuple[int, Mapping[str, Any]]] = [(0, root)]
    following = 1
    while waiting:
        number, node = waiting.pop()
        if "leaf_value" in node:
            _add_node(columns, (tree, number, 0, 0.0, "LEAF", 0, 0, 0))
            for name, value in zip(leaves, (tree, number, 0, float(node["leaf_value"])), strict=True):
                leaves[name].append(value)
            continue
        if node["decision_type"] != "<=":
            raise ValueError("only comparisons of numbers can be written")
        yes, no = following, following + 1
        following += 2
        threshold = rounded_down(float(node["threshold"]))
        _add_node(columns, (tree, number, int(node["split_feature"]), threshold, "BRANCH_LEQ", yes, no, 0))
        waiting += [(yes, node["left_child"]), (no, node["right_child"])]


def _add_node(columns: Mapping[str, list[Any]], values: Sequence[Any]) -> None:
    for name, value in zip(_NODE_KEYS, values, strict=True):
        columns[name].append(value)


def rounded_down(value: float) -> float:
    """The largest single-precision number that is not above a value."""
    single = np.float32(value)
    return float(np.nextafter(single, np.float32(-np.inf)) if float(single) > value else single)
