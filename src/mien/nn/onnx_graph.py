"""What a classifier in an ONNX file knows before its last layer, made an output of it.

ONNX files are protocol buffers (onnx/onnx, ``onnx.proto3``). Only the few fields that are needed are read here, so
that the ``onnx`` package is not: ModelProto.graph 7; GraphProto.node 1, output 12; NodeProto.input 1, output 2,
op_type 4; ValueInfoProto.name 1, type 2. Protocol buffers that follow one another are one, their lists joined: so an
output is added by writing it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from mien.errors import ModelError

_GRAPH, _NODE, _GRAPH_OUTPUT, _INPUT, _OUTPUT, _OPERATOR = 7, 1, 12, 1, 2, 4

_FLOAT_TENSOR = bytes([0x12, 0x0A, 0x0A, 0x08, 0x08, 0x01, 0x12, 0x04, 0x0A, 0x00, 0x0A, 0x00])
"""ValueInfoProto.type: a tensor of 32-bit floats with two sides, of lengths to be found out."""


def with_last_features(model: bytes) -> tuple[bytes, str]:
    """The same model with one output more: what goes into its last dense layer.

    Args:
        model: An ONNX file whose first output comes out of a dense layer (Gemm, or MatMul and Add).

    Returns:
        The model, and the name of the output.

    Raises:
        ModelError: It is no ONNX file, or does not end in a dense layer.
    """
    try:
        nodes, outputs = [], []
        for number, content in _fields(model):
            if number == _GRAPH:
                for part, value in _fields(content):
                    if part == _NODE:
                        nodes.append(_node(value))
                    elif part == _GRAPH_OUTPUT:
                        outputs.append(_strings(value, 1)[0])
        makers = {name: node for node in nodes for name in node[2]}
        operator, inputs, _ = makers[outputs[0]]
        if operator == "Add":  # of the bias: one side is the product, the other a constant that no node makes
            operator, inputs, _ = next(makers[name] for name in inputs if name in makers)
        if operator not in ("Gemm", "MatMul"):
            raise ModelError(f"the model ends in {operator}, not in a dense layer")
    except (IndexError, KeyError, StopIteration, ValueError) as error:
        raise ModelError("this is not an ONNX file of a classifier that ends in a dense layer") from error
    name = inputs[0]
    output = _field(1, name.encode()) + _FLOAT_TENSOR
    return model + _field(_GRAPH, _field(_GRAPH_OUTPUT, output)), name


def _node(content: bytes) -> tuple[str, list[str], list[str]]:
    return _strings(content, _OPERATOR)[0], _strings(content, _INPUT), _strings(content, _OUTPUT)


def _strings(content: bytes, wanted: int) -> list[str]:
    return [value.decode() for number, value in _fields(content) if number == wanted]


def _fields(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of the fields that have a length; the others are skipped."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(content, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        elif kind == 2:
            length, at = _varint(content, at)
            if at + length > len(content):
                raise ValueError("a field ends after the file")
            yield key >> 3, content[at : at + length]
            at += length
        else:
            raise ValueError(f"fields of kind {kind} are not part of ONNX")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _length(len(content)) + content


def _length(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
