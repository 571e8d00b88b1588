"""Edits TFLite models: what the Tasks API asks of a model and the published ones do not have.

The flatbuffer classes are those that mediapipe was released with. They are loaded from their files, without importing
mediapipe itself, which takes seconds and needs the system's graphics libraries.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rom_tracker.errors import ModelFileError

FACE_POINT_COUNT = 478
"""468 points of the mesh, then 5 of each iris."""

FACE_OUTPUT_SIZES = (1404, 160, 142, 142, 10, 10)
"""Numbers in the outputs mesh (x, y, z), lips, left eye, right eye, left iris, right iris (x, y each)."""


def _indices(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split())


# Which mesh point each point of a refined region stands for, in the order of the model's outputs.
# Source: mediapipe/modules/face_landmark/tensors_to_face_landmarks_with_attention.pbtxt
LIPS = _indices(
    "61 146 91 181 84 17 314 405 321 375 291 185 40 39 37 0 267 269 270 409 78 95 88 178 87 14 317 402 "
    "318 324 308 191 80 81 82 13 312 311 310 415 76 77 90 180 85 16 315 404 320 307 306 184 74 73 72 11 "
    "302 303 304 408 62 96 89 179 86 15 316 403 319 325 292 183 42 41 38 12 268 271 272 407"
)
LEFT_EYE = _indices(
    "33 7 163 144 145 153 154 155 133 246 161 160 159 158 157 173 130 25 110 24 23 22 26 112 243 247 30 "
    "29 27 28 56 190 226 31 228 229 230 231 232 233 244 113 225 224 223 222 221 189 35 124 46 53 52 65 "
    "143 111 117 118 119 120 121 128 245 156 70 63 105 66 107 55 193"
)
RIGHT_EYE = _indices(
    "263 249 390 373 374 380 381 382 362 466 388 387 386 385 384 398 359 255 339 254 253 252 256 341 463 "
    "467 260 259 257 258 286 414 446 261 448 449 450 451 452 453 464 342 445 444 443 442 441 413 265 353 "
    "276 283 282 295 372 340 346 347 348 349 350 357 465 383 300 293 334 296 336 285 417"
)
LEFT_IRIS = tuple(range(468, 473))
RIGHT_IRIS = tuple(range(473, 478))
EYE_CONTOUR_POINT_COUNT = 16
"""The first points of an eye's region are its contour; an iris is as deep as they are on average."""


@functools.cache
def schema(name: str) -> Any:
    """One of mediapipe's generated flatbuffer modules.

    Parameters
    ----------
    name : str
        "schema" for TFLite models, "metadata_schema" for the metadata inside them.

    Returns
    -------
    module
        The module; mediapipe itself stays unimported.

    Raises
    ------
    ModelFileError
        When the installed mediapipe does not have the module.
    """
    package = importlib.util.find_spec("mediapipe")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder, "tasks", "metadata", f"{name}_py_generated.py")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if path.is_file() and spec and spec.loader:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ModelFileError(
        f"Expected mediapipe with the file tasks/metadata/{name}_py_generated.py, which builds the model files; it is "
        'not there. Install the pinned release again: pip install --force-reinstall "mediapipe==0.10.33".'
    )


def with_normalization(raw: bytes, output_count: int) -> bytes:
    """The model with metadata saying that pictures go in as red, green, blue from 0 to 1.

    The Tasks API refuses a model that takes floating-point pictures without it.

    Parameters
    ----------
    raw : bytes
        A TFLite model.
    output_count : int
        Number of the model's outputs.

    Returns
    -------
    bytes
        The same model with that metadata in place of any it had.
    """
    model = _unpacked(raw)
    _add_normalization(model, output_count)
    return _packed(model)


def with_merged_face_outputs(raw: bytes) -> bytes:
    """The face model with its seven outputs merged into the two that the Tasks API expects.

    Does inside the model what mediapipe's LandmarksRefinementCalculator did behind it: the mesh, with x and y of lips,
    eyes and irises taken from their own outputs; z of an iris is the mean z of that eye's contour.

    Parameters
    ----------
    raw : bytes
        A TFLite model whose outputs have the sizes of FACE_OUTPUT_SIZES, and the face flag as the last one.

    Returns
    -------
    bytes
        A model with the outputs (1, 1, 1, 1434), which is 478 times x, y, z, and the face flag; with normalization
        metadata.
    """
    model = _unpacked(raw)
    graph = _GraphEditor(model)
    mesh, *regions, face_flag = graph.subgraph.outputs
    iris_z = [
        graph.mean(graph.gather(mesh, [3 * point + 2 for point in eye[:EYE_CONTOUR_POINT_COUNT]])) for eye in (LEFT_EYE, RIGHT_EYE)
    ]
    joined = graph.concatenate([mesh, *regions, *iris_z], size=sum(FACE_OUTPUT_SIZES) + len(iris_z))
    graph.subgraph.outputs = [graph.gather(joined, face_gather_indices()), face_flag]
    model.signatureDefs = None
    _add_normalization(model, output_count=2)
    return _packed(model)


def without_output(raw: bytes, index: int) -> bytes:
    """The model without the operators that serve one of its outputs alone; the others stay as they are, number for number.

    Parameters
    ----------
    raw : bytes
        A TFLite model.
    index : int
        Place of the output, from 0, that is not wanted. There stands the next output (after the last one the first) instead, so
        that the others keep their places.

    Returns
    -------
    bytes
    """
    model = _unpacked(raw)
    graph = model.subgraphs[0]
    outputs = [int(tensor) for tensor in graph.outputs]
    outputs[index] = outputs[(index + 1) % len(outputs)]
    needed = set(outputs)
    kept = []
    for operator in reversed(graph.operators):
        if needed.intersection(int(tensor) for tensor in operator.outputs):
            kept.append(operator)
            needed.update(int(tensor) for tensor in operator.inputs)
    graph.operators, graph.outputs = kept[::-1], outputs
    model.signatureDefs = None
    return _packed(model)


def with_dense_weights(raw: bytes) -> bytes:
    """The model with its sparse weights written out, zeros and all, as they would be each time that it is opened.

    Parameters
    ----------
    raw : bytes
        A TFLite model.

    Returns
    -------
    bytes
        A model whose results are the same, number for number.

    Raises
    ------
    ModelFileError
        Weights are sparse in another way than by rows (dense in all dimensions but the last one).
    """
    model, tflite = _unpacked(raw), schema("schema")
    graph = model.subgraphs[0]
    kept = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) != tflite.BuiltinOperator.DENSIFY:
            kept.append(operator)
            continue
        sparse, dense = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
        model.buffers.append(_buffer(_written_out(sparse, model.buffers[sparse.buffer].data)))
        dense.buffer = len(model.buffers) - 1
        model.buffers[sparse.buffer] = _AlignedBuffer(None)
        sparse.sparsity = None
    graph.operators = kept
    return _packed(model)


def _written_out(tensor: Any, content: NDArray[np.uint8]) -> bytes:
    """The numbers of a sparse tensor with the zeros between them."""
    if not _is_sparse_by_rows(tensor):
        name = bytes(tensor.name or b"").decode()
        raise ModelFileError(f'Expected weights that are sparse by rows; those of "{name}" are not. Fetch the models again.')
    rows = tensor.sparsity.dimMetadata[-1]
    begins, places = (np.asarray(one.values, dtype=np.intp) for one in (rows.arraySegments, rows.arrayIndices))
    values = content.reshape(len(places), -1)  # A row of bytes for each number, whatever its type.
    dense = np.zeros((len(begins) - 1, tensor.shape[-1], values.shape[1]), dtype=np.uint8)
    dense[np.repeat(np.arange(len(begins) - 1), np.diff(begins)), places] = values
    return dense.tobytes()


def _is_sparse_by_rows(tensor: Any) -> bool:
    kind = schema("schema").DimensionType
    if tensor.sparsity is None or list(tensor.sparsity.traversalOrder) != list(range(len(tensor.shape))):
        return False
    *outer, rows = [one.format for one in tensor.sparsity.dimMetadata]
    return rows == kind.SPARSE_CSR and all(one == kind.DENSE for one in outer)


def face_gather_indices() -> list[int]:
    """Where each coordinate of the merged face is found among the joined outputs.

    Returns
    -------
    list of int, length 1434
        For point 0 to 477 the places of x, y and z in the outputs of FACE_OUTPUT_SIZES joined end to end, with the z of
        the left and of the right iris behind them.

    Examples
    --------
    The nose tip (1) stays with the mesh; a corner of the mouth (61) takes x and y from the lips, z from the mesh:

    >>> indices = face_gather_indices()
    >>> indices[3 * 1 : 3 * 1 + 3], indices[3 * 61 : 3 * 61 + 3]
    ([3, 4, 5], [1404, 1405, 185])
    """
    places = np.arange(3 * FACE_POINT_COUNT).reshape(FACE_POINT_COUNT, 3)
    starts = np.cumsum(FACE_OUTPUT_SIZES)
    for start, points in zip(starts, (LIPS, LEFT_EYE, RIGHT_EYE, LEFT_IRIS, RIGHT_IRIS), strict=False):
        for position, point in enumerate(points):
            places[point, :2] = start + 2 * position, start + 2 * position + 1
    places[list(LEFT_IRIS), 2] = starts[-1]
    places[list(RIGHT_IRIS), 2] = starts[-1] + 1
    return [int(place) for place in places.ravel()]


@dataclass(frozen=True, slots=True)
class _AlignedBuffer:
    """A model's buffer that is written at a multiple of 16 bytes, as the TFLite schema asks.

    The generated class writes it unaligned; the model's Pack method asks no more of a buffer than this method.
    """

    data: NDArray[np.uint8] | None

    def Pack(self, builder: Any) -> int:  # noqa: N802 (the name that the generated classes call)
        tflite = schema("schema")
        vector = None
        if self.data is not None and self.data.size:
            builder.StartVector(1, self.data.size, 16)
            builder.head = builder.Head() - self.data.size
            builder.Bytes[builder.Head() : builder.Head() + self.data.size] = self.data.tobytes()
            vector = builder.EndVector()
        tflite.BufferStart(builder)
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        offset: int = tflite.BufferEnd(builder)
        return offset


def _buffer(content: bytes) -> _AlignedBuffer:
    return _AlignedBuffer(np.frombuffer(content, np.uint8))


def _unpacked(raw: bytes) -> Any:
    model = schema("schema").ModelT.InitFromPackedBuf(raw, 0)
    model.buffers = [_AlignedBuffer(None if buffer.data is None else np.asarray(buffer.data)) for buffer in model.buffers]
    return model


def _packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _add_normalization(model: Any, output_count: int) -> None:
    entry = schema("schema").MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers)
    model.buffers.append(_buffer(_normalization_metadata(output_count)))
    model.metadata = [old for old in model.metadata or [] if old.name != b"TFLITE_METADATA"] + [entry]


def _normalization_metadata(output_count: int) -> bytes:
    """Metadata of a model that takes one RGB picture as (value - 0) / 255."""
    import flatbuffers

    words = schema("metadata_schema")
    normalization = words.NormalizationOptionsT()
    normalization.mean, normalization.std = [0.0], [255.0]
    unit = words.ProcessUnitT()
    unit.optionsType, unit.options = words.ProcessUnitOptions.NormalizationOptions, normalization
    image = words.ImagePropertiesT()
    image.colorSpace = words.ColorSpaceType.RGB
    content = words.ContentT()
    content.contentPropertiesType, content.contentProperties = words.ContentProperties.ImageProperties, image
    tensor = words.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [unit]
    subgraph = words.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [tensor]
    subgraph.outputTensorMetadata = [words.TensorMetadataT() for _ in range(output_count)]
    metadata = words.ModelMetadataT()
    metadata.subgraphMetadata = [subgraph]
    builder = flatbuffers.Builder(0)
    builder.Finish(metadata.Pack(builder), b"M001")
    return bytes(builder.Output())


class _GraphEditor:
    """Appends operators to a model's first subgraph; tensors are named by their number, each (1, 1, 1, size)."""

    def __init__(self, model: Any) -> None:
        self._tflite = schema("schema")
        self._model = model
        self.subgraph = model.subgraphs[0]

    def gather(self, source: int, indices: Sequence[int]) -> int:
        options = self._tflite.GatherOptionsT()
        options.axis = 3
        inputs = [source, self._constant(indices)]
        return self._operator("GATHER", inputs, len(indices), "GatherOptions", options)

    def mean(self, source: int) -> int:
        options = self._tflite.ReducerOptionsT()
        options.keepDims = True
        return self._operator("MEAN", [source, self._constant([3])], 1, "ReducerOptions", options)

    def concatenate(self, sources: Sequence[int], size: int) -> int:
        options = self._tflite.ConcatenationOptionsT()
        options.axis = 3
        return self._operator("CONCATENATION", sources, size, "ConcatenationOptions", options)

    def _constant(self, numbers: Iterable[int]) -> int:
        content = np.asarray(list(numbers), "<i4")
        self._model.buffers.append(_buffer(content.tobytes()))
        return self._tensor([content.size], self._tflite.TensorType.INT32, len(self._model.buffers) - 1)

    def _tensor(self, shape: list[int], kind: int, buffer: int) -> int:
        tensor = self._tflite.TensorT()
        number = len(self.subgraph.tensors)
        tensor.name = f"merge_x_{number}"
        tensor.shape, tensor.type, tensor.buffer = shape, kind, buffer
        self.subgraph.tensors.append(tensor)
        return number

    def _operator(self, name: str, inputs: Sequence[int], size: int, options_name: str, options: Any) -> int:
        output = self._tensor([1, 1, 1, size], self._tflite.TensorType.FLOAT32, 0)
        code = self._tflite.OperatorCodeT()
        code.builtinCode = getattr(self._tflite.BuiltinOperator, name)
        # Old readers look for the code in a signed byte of its own.
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self._model.operatorCodes.append(code)
        operator = self._tflite.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), [output]
        operator.builtinOptionsType = getattr(self._tflite.BuiltinOptions, options_name)
        operator.builtinOptions = options
        self.subgraph.operators.append(operator)
        return output
