"""A network as an ONNX graph, built node by node from its weights.

::

    token_ids (N, T) int64 ─ Gather ─ Transpose ─ one RNN, GRU or LSTM a layer ─ readout ─ Gemm
                                                              ─ Sigmoid ─ probability (N,) float
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from imdb_core.config import Cell, TrainConfig
from imdb_core.data.encoding import PAD_ID
from imdb_core.training.records import Arrays

OPSET: Final = 17
"""The operators' version: of 2022, so that older runtimes read the file, too."""

_OPERATORS: Final[dict[Cell, str]] = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
# PyTorch stacks a GRU's gates as reset, update, new and an LSTM's as input, forget, cell,
# output; ONNX wants update, reset, hidden and input, output, forget, cell.
_GATES: Final[dict[Cell, tuple[int, ...]]] = {
    "rnn": (0,),
    "gru": (1, 0, 2),
    "lstm": (0, 3, 1, 2),
}


def build_model(
    config: TrainConfig, weights: Arrays, properties: Mapping[str, str]
) -> onnx.ModelProto:
    """The network that `config` describes, with `weights`; `properties` go along as they are."""
    graph = _Graph()
    states, final = _recurrent_layers(graph, config, weights)
    if config.readout == "mean_max":
        features = _mean_max(graph, states)
    else:
        by_row = graph.node("Transpose", final, perm=[1, 0, 2])  # (D, N, H) -> (N, D, H)
        features = graph.node("Reshape", by_row, graph.integers("flat", [0, -1]))
    logits = graph.node(
        "Gemm",
        features,
        graph.constant("dense.weight", weights["dense.weight"]),
        graph.constant("dense.bias", weights["dense.bias"]),
        transB=1,
    )
    flat = graph.node("Reshape", logits, graph.integers("row", [-1]))
    graph.node("Sigmoid", flat, output="probability")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sentiment_rnn",
            [helper.make_tensor_value_info("token_ids", TensorProto.INT64, ["N", "T"])],
            [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N"])],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="IMDB RNN Studio",
    )
    helper.set_model_props(model, dict(properties) | {"settings": json.dumps(config.model_dump())})
    onnx.checker.check_model(model)
    return model


class _Graph:
    """Nodes and constants as they come; every node's output gets a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def integers(self, name: str, values: list[int]) -> str:
        return self.constant(name, np.array(values, dtype=np.int64))

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:  # noqa: ANN401
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output


def _recurrent_layers(graph: _Graph, config: TrainConfig, weights: Arrays) -> tuple[str, str]:
    """Names of the last layer's states (T, N, D·H) and of its final ones (D, N, H)."""
    table = graph.constant("embedding.weight", weights["embedding.weight"])
    words = graph.node("Gather", table, "token_ids")  # (N, T, E)
    states = graph.node("Transpose", words, perm=[1, 0, 2])
    final = ""
    for layer in range(config.num_layers):
        directions = ["", "_reverse"] if config.bidirectional else [""]
        packed = _pack(config.cell, layer, directions, weights)
        names = [graph.constant(f"{part}{layer}", array) for part, array in packed.items()]
        attributes: dict[str, Any] = {
            "hidden_size": config.hidden_size,
            "direction": "bidirectional" if config.bidirectional else "forward",
        }
        if config.cell == "gru":
            # PyTorch resets the product of the state, not the state itself.
            attributes["linear_before_reset"] = 1
        graph.nodes.append(
            helper.make_node(
                _OPERATORS[config.cell],
                [states, *names],
                [f"by_direction{layer}", f"final{layer}"],
                **attributes,
            )
        )
        side_by_side = graph.node("Transpose", f"by_direction{layer}", perm=[0, 2, 1, 3])
        shape = graph.integers("states_shape", [0, 0, -1])
        states = graph.node("Reshape", side_by_side, shape)  # (T, N, D, H) -> (T, N, D·H)
        final = f"final{layer}"
    return states, final


def _pack(
    cell: Cell, layer: int, directions: list[str], weights: Arrays
) -> dict[str, NDArray[np.float32]]:
    """W (D, G·H, in), R (D, G·H, H) and B (D, 2·G·H) as ONNX orders them."""

    def gates(name: str, direction: str) -> NDArray[np.float32]:
        array = weights[f"rnn.{name}_l{layer}{direction}"]
        parts = np.split(array, len(_GATES[cell]))
        return np.concatenate([parts[index] for index in _GATES[cell]])

    return {
        "W": np.stack([gates("weight_ih", d) for d in directions]),
        "R": np.stack([gates("weight_hh", d) for d in directions]),
        "B": np.stack(
            [np.concatenate([gates("bias_ih", d), gates("bias_hh", d)]) for d in directions]
        ),
    }


def _mean_max(graph: _Graph, states: str) -> str:
    """Mean and maximum over the positions that are no padding: (N, 2·D·H); see `mean_max`."""
    zero = graph.constant("zero", np.array(0, dtype=np.float32))
    one = graph.constant("one", np.array(1, dtype=np.float32))
    lowest = graph.constant("lowest", np.array(-np.inf, dtype=np.float32))
    by_row = graph.node("Transpose", states, perm=[1, 0, 2])  # (T, N, F) -> (N, T, F)
    is_padding = graph.node("Equal", "token_ids", graph.integers("padding", [PAD_ID]))
    last_axis = graph.integers("last_axis", [2])
    mask = graph.node("Unsqueeze", is_padding, last_axis)  # (N, T, 1)
    words = graph.node("Where", mask, zero, one)
    time = graph.integers("time", [1])
    count = graph.node("ReduceSum", words, time, keepdims=0)  # (N, 1)
    total = graph.node("ReduceSum", graph.node("Mul", by_row, words), time, keepdims=0)
    mean = graph.node("Div", total, graph.node("Max", count, one))
    masked = graph.node("Where", mask, lowest, by_row)
    maximum = graph.node("ReduceMax", masked, axes=[1], keepdims=0)
    has_none = graph.node("Equal", count, zero)
    return graph.node("Concat", mean, graph.node("Where", has_none, zero, maximum), axis=1)
