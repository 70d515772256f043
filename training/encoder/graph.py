"""The static encoder as an ONNX graph of a few hundred bytes; its numbers stay in the safetensors file."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from tianfu.embeddings.encoder.tensors import header_of
from tianfu.training.encoder.quantise import MIDDLE

OPSET = 18
_TYPES = {"U8": TensorProto.UINT8, "F32": TensorProto.FLOAT}


def write_graph(path: Path, tensors: Path) -> None:
    """Write the graph beside its tensors.

    It reads ``rows`` int64 and ``weights`` float32, both (n, length), padded with weight 0, and gives
    ``vector`` float32 (n, dimension), of unit length; a text of weight 0 alone gives zero.

    Args:
        path: The graph to write.
        tensors: Safetensors file in the same folder with ``table`` uint8, two numbers to a byte, and
            ``scale`` float32; see :mod:`tianfu.training.encoder.quantise`.
    """
    nodes = [
        helper.make_node("Gather", ["table", "rows"], ["packed"], axis=0),  # (n, length, dimension / 2)
        helper.make_node("BitwiseAnd", ["packed", "low_bits"], ["low"]),
        helper.make_node("BitShift", ["packed", "four"], ["high"], direction="RIGHT"),
        helper.make_node("Concat", ["low", "high"], ["stored"], axis=2),  # (n, length, dimension)
        helper.make_node("Cast", ["stored"], ["whole"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["scale", "rows"], ["scales"], axis=0),  # (n, length)
        helper.make_node("Mul", ["scales", "weights"], ["shares"]),
        helper.make_node("Unsqueeze", ["shares", "second"], ["lying"]),  # (n, 1, length)
        helper.make_node("MatMul", ["lying", "whole"], ["sum"]),  # (n, 1, dimension)
        helper.make_node("Squeeze", ["sum", "second"], ["above"]),
        # numbers are stored with a middle above zero, which is taken off once a text, not once a number
        helper.make_node("ReduceSum", ["shares", "second"], ["mass"], keepdims=1),  # (n, 1)
        helper.make_node("Mul", ["mass", "middle"], ["excess"]),
        helper.make_node("Sub", ["above", "excess"], ["summed"]),
        helper.make_node("ReduceL2", ["summed", "second"], ["norm"], keepdims=1),
        helper.make_node("Max", ["norm", "least"], ["divisor"]),
        helper.make_node("Div", ["summed", "divisor"], ["vector"]),
    ]
    table, scale = _outside(tensors, "table"), _outside(tensors, "scale")
    graph = helper.make_graph(
        nodes,
        "ngram_bag",
        [
            helper.make_tensor_value_info("rows", TensorProto.INT64, ["n", "length"]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["n", "length"]),
        ],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", 2 * table.dims[1]])],
        [
            table,
            scale,
            helper.make_tensor("second", TensorProto.INT64, [1], [1]),
            helper.make_tensor("low_bits", TensorProto.UINT8, [], [15]),
            helper.make_tensor("four", TensorProto.UINT8, [], [4]),
            helper.make_tensor("middle", TensorProto.FLOAT, [], [float(MIDDLE)]),
            helper.make_tensor("least", TensorProto.FLOAT, [], [1e-12]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(str(path))


def _outside(tensors: Path, name: str) -> TensorProto:
    header, start = header_of(tensors)
    entry = header[name]
    first, last = entry["data_offsets"]
    proto = TensorProto(name=name, data_type=_TYPES[entry["dtype"]], dims=entry["shape"])
    proto.data_location = TensorProto.EXTERNAL
    place = {"location": tensors.name, "offset": start + first, "length": last - first}
    for key, value in place.items():
        proto.external_data.add(key=key, value=str(value))
    return proto
