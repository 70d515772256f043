"""ONNX export of a sentence-transformers folder, checked against torch before anybody uses it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from tianfu.model.errors import ArtefactInvalid
from tianfu.model.ports import FloatMatrix

FLOAT32_FILE = "encoder.onnx"
INT8_FILE = "encoder_int8.onnx"
TOLERANCE = 1e-4
INPUTS = ["input_ids", "attention_mask"]
OUTPUT = "vector"
_OPSET = 18
_SAMPLES = (
    "passage: 四川盆地今夜有小到中雨",
    "query: 成都双流国际机场",
    "passage: 国家统计局今天发布数据，上半年国内生产总值同比增长5.0％。专家认为，经济运行总体平稳、稳中有进。"
    * 3,
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxReport:
    """What was written and how near it is to torch.

    Attributes:
        float32: File of the float32 graph.
        int8: File of the graph with weights of 8 bits.
        float32_difference: Largest difference of any number from torch on the sample texts.
        int8_cosine: Lowest cosine with torch on the sample texts, -1..1.
    """

    float32: Path
    int8: Path
    float32_difference: float
    int8_cosine: float


class SentenceVector(nn.Module):
    """A BERT with mean pooling and unit length, of the two inputs that tokenisers give."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Encode int64 ids and mask, shape (B, T), to float32 vectors, shape (B, hidden)."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(states.dtype)  # (B, T, 1)
        mean = (states * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1e-9)
        return nn.functional.normalize(mean, dim=1)


def export_onnx(st_dir: Path, *, samples: Sequence[str] = _SAMPLES) -> OnnxReport:
    """Write ``encoder.onnx`` and ``encoder_int8.onnx`` into a sentence-transformers folder.

    Both take ``input_ids`` and ``attention_mask`` (int64, any batch and length) and give ``vector``
    (float32, unit length).  Texts must carry their prompt already.

    Raises:
        ArtefactInvalid: A float32 vector is more than 1e-4 from torch; the files are removed.
    """
    bert = BertModel.from_pretrained(
        st_dir, add_pooling_layer=False, attn_implementation="eager", dtype=torch.float32
    )
    net = SentenceVector(bert).eval()
    ids, mask = tokenise(Tokenizer.from_file(str(st_dir / "tokenizer.json")), samples)
    float32, int8 = st_dir / FLOAT32_FILE, st_dir / INT8_FILE
    write_graph(net, torch.from_numpy(ids), torch.from_numpy(mask), float32)
    quantise_graph(float32, int8)
    with torch.inference_mode():
        wanted = net(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    difference = float(np.abs(run_onnx(float32, ids, mask) - wanted).max())
    if not difference <= TOLERANCE:
        float32.unlink()
        int8.unlink()
        raise ArtefactInvalid(f"The ONNX export is {difference:.1e} from torch, more than {TOLERANCE:.0e}.")
    return OnnxReport(
        float32=float32,
        int8=int8,
        float32_difference=difference,
        int8_cosine=float((run_onnx(int8, ids, mask) * wanted).sum(axis=1).min()),
    )


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Ids and mask of padded texts, int64, shape (len(texts), longest)."""
    encoded = tokenizer.encode_batch(list(texts))
    ids = np.array([e.ids for e in encoded], dtype=np.int64)
    return ids, np.array([e.attention_mask for e in encoded], dtype=np.int64)


def run_onnx(file: Path, ids: np.ndarray, mask: np.ndarray) -> FloatMatrix:
    """Vectors of one batch, shape (B, dimension)."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (vectors,) = session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
    return np.asarray(vectors, dtype=np.float32)


def write_graph(net: nn.Module, ids: torch.Tensor, mask: torch.Tensor, file: Path) -> None:
    """Export a net of ids and mask to vectors, for any batch and length, weights inside the file.

    Raises:
        ArtefactInvalid: Torch exported no graph.
    """
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        program = torch.onnx.export(
            net,
            (ids, mask),
            input_names=INPUTS,
            output_names=[OUTPUT],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ArtefactInvalid("Torch exported no graph.")
    program.save(str(file), external_data=False)
    without_traces(file)


def without_traces(file: Path) -> None:
    """Take out of a graph what the exporter notes of the machine: source files, stacks, documentation."""
    model = onnx.load(file)
    parts: list[Any] = [model, model.graph, *model.graph.node, *model.graph.initializer, *model.functions]
    parts += [*model.graph.input, *model.graph.output, *model.graph.value_info]
    parts += [node for function in model.functions for node in function.node]
    for part in parts:
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, file)


def quantise_graph(float32: Path, int8: Path) -> None:
    """Write the same graph with weights of eight bits."""
    # Seven bits a weight, so that AVX2 without VNNI does not saturate; per channel to keep precision.
    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(float32), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            str(prepared), str(int8), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
