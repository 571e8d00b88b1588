"""Models built here by hand, so that what an edit must give is known."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rom_tracker.errors import ModelFileError
from rom_tracker.pose import bundles, tflite

FACE_SIZES = (*tflite.FACE_OUTPUT_SIZES, 1)


def model_with_outputs(sizes: tuple[int, ...]) -> bytes:
    """A model without operators whose tensors, all outputs, have the given sizes and a buffer of three bytes each."""
    schema = tflite.schema("schema")
    graph = schema.SubGraphT()
    graph.tensors = []
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], []
    model.buffers = [tflite._AlignedBuffer(None)]
    for number, size in enumerate(sizes):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = f"out{number}", [1, 1, 1, size], 0, number + 1
        graph.tensors.append(tensor)
        model.buffers.append(tflite._buffer(bytes([number, 1, 2])))
    graph.inputs, graph.operators, graph.outputs = [], [], list(range(len(sizes)))
    return tflite._packed(model)


def unpacked(raw: bytes) -> Any:
    return tflite.schema("schema").ModelT.InitFromPackedBuf(raw, 0)


def run(model: Any, outputs: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Carry out the operators that were appended, which are GATHER, MEAN and CONCATENATION along the last axis."""
    schema = tflite.schema("schema")
    graph = model.subgraphs[0]
    values: dict[int, NDArray[Any]] = dict(enumerate(outputs))
    for number, tensor in enumerate(graph.tensors):
        if number not in values and tensor.type == schema.TensorType.INT32:
            values[number] = np.asarray(model.buffers[tensor.buffer].data).view("<i4")
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        given = [values[number] for number in operator.inputs]
        if code == schema.BuiltinOperator.GATHER:
            result = given[0][given[1]]
        elif code == schema.BuiltinOperator.MEAN:
            result = given[0].mean(keepdims=True)
        else:
            result = np.concatenate(given)
        assert list(graph.tensors[operator.outputs[0]].shape) == [1, 1, 1, result.size]
        values[operator.outputs[0]] = result
    return [values[number] for number in graph.outputs]


class TestFaceModel:
    def test_refined_points_take_x_and_y_from_their_region_and_z_from_the_mesh(self) -> None:
        rng = np.random.default_rng(1)
        outputs = [rng.normal(size=size) for size in FACE_SIZES]
        mesh, lips, left_eye, right_eye, left_iris, right_iris, flag = outputs

        face, merged_flag = run(unpacked(tflite.with_merged_face_outputs(model_with_outputs(FACE_SIZES))), outputs)

        points = face.reshape(478, 3)
        mesh = mesh.reshape(468, 3)
        np.testing.assert_array_equal(merged_flag, flag)
        np.testing.assert_array_equal(points[:468, 2], mesh[:, 2])
        np.testing.assert_array_equal(points[1], mesh[1])  # the nose tip lies in no region
        np.testing.assert_array_equal(points[61, :2], lips[0:2])
        np.testing.assert_array_equal(points[407, :2], lips[158:160])
        np.testing.assert_array_equal(points[33, :2], left_eye[0:2])
        np.testing.assert_array_equal(points[417, :2], right_eye[140:142])
        np.testing.assert_array_equal(points[468:473, :2], left_iris.reshape(5, 2))
        np.testing.assert_array_equal(points[473:478, :2], right_iris.reshape(5, 2))

    def test_an_iris_is_as_deep_as_the_contour_of_its_eye(self) -> None:
        outputs = [np.zeros(size) for size in FACE_SIZES]
        mesh = outputs[0].reshape(468, 3)
        mesh[list(tflite.LEFT_EYE[:16]), 2] = np.arange(16)
        mesh[list(tflite.RIGHT_EYE[:16]), 2] = 100.0

        face, _ = run(unpacked(tflite.with_merged_face_outputs(model_with_outputs(FACE_SIZES))), outputs)

        np.testing.assert_allclose(face.reshape(478, 3)[468:, 2], [7.5] * 5 + [100.0] * 5)

    def test_regions_have_as_many_points_as_the_outputs(self) -> None:
        regions = (tflite.LIPS, tflite.LEFT_EYE, tflite.RIGHT_EYE, tflite.LEFT_IRIS, tflite.RIGHT_IRIS)
        assert tuple(2 * len(set(region)) for region in regions) == tflite.FACE_OUTPUT_SIZES[1:]


def model_of_three_branches() -> bytes:
    """A common operator (tensor 0 to 1), and an operator for each of the outputs 3, 4 and 5, before that of 4 one more."""
    schema = tflite.schema("schema")
    model = schema.ModelT.InitFromPackedBuf(model_with_outputs((2,) * 6), 0)
    model.buffers = [tflite._AlignedBuffer(None) for _ in model.buffers]
    graph = model.subgraphs[0]
    graph.inputs, graph.outputs = [0], [3, 4, 5]
    graph.operators = []
    for source, target in ((0, 1), (1, 2), (1, 3), (2, 4), (1, 5)):
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = 0, [source], [target]
        graph.operators.append(operator)
    model.operatorCodes = [schema.OperatorCodeT()]
    return tflite._packed(model)


class TestWithoutOutput:
    @pytest.mark.parametrize(
        ("index", "outputs", "operators"),
        [
            (1, [3, 5, 5], [(0, 1), (1, 3), (1, 5)]),
            (0, [4, 4, 5], [(0, 1), (1, 2), (2, 4), (1, 5)]),
            (2, [3, 4, 3], [(0, 1), (1, 2), (1, 3), (2, 4)]),
        ],
    )
    def test_what_serves_one_output_alone_goes_and_the_others_keep_their_places(self, index, outputs, operators) -> None:
        graph = unpacked(tflite.without_output(model_of_three_branches(), index)).subgraphs[0]
        assert list(graph.outputs) == outputs
        assert [(one.inputs[0], one.outputs[0]) for one in graph.operators] == operators


#: Of shape (2, 2, 4), by rows.
WEIGHTS = np.array([[[0, 1.5, 0, -2], [0, 0, 0, 0]], [[3, 0, 0, 0], [4, 5, 6, 7]]], dtype=np.float16)


def model_of_sparse_weights(traversal_order: tuple[int, ...] = (0, 1, 2), sparse: tuple[int, ...] = (2,)) -> bytes:
    """A model whose tensor 1 is written out of tensor 0, weights that are sparse in the dimensions given, and gives tensor 2."""
    schema = tflite.schema("schema")
    model = schema.ModelT.InitFromPackedBuf(model_with_outputs((2,) * 3), 0)
    graph = model.subgraphs[0]
    rows = WEIGHTS.reshape(4, 4)
    sparsity = schema.SparsityParametersT()
    sparsity.traversalOrder, sparsity.dimMetadata = list(traversal_order), []
    for dimension, size in enumerate(WEIGHTS.shape):
        metadata = schema.DimensionMetadataT()
        kinds = schema.DimensionType
        metadata.format, metadata.denseSize = kinds.SPARSE_CSR if dimension in sparse else kinds.DENSE, size
        sparsity.dimMetadata.append(metadata)
    last = sparsity.dimMetadata[-1]
    for name, values in (("Segments", [0, *np.cumsum((rows != 0).sum(axis=1))]), ("Indices", np.nonzero(rows)[1])):
        vector = schema.Uint8VectorT()
        vector.values = np.array(values, dtype=np.uint8)
        setattr(last, f"array{name}", vector)
        setattr(last, f"array{name}Type", schema.SparseIndexVector.Uint8Vector)
    model.buffers = [tflite._AlignedBuffer(None), tflite._buffer(rows[rows != 0].tobytes())]
    for place, tensor in enumerate(graph.tensors[:3]):
        tensor.shape, tensor.type, tensor.buffer = WEIGHTS.shape, schema.TensorType.FLOAT16, int(place == 0)
    graph.tensors[0].sparsity = sparsity
    graph.inputs, graph.outputs, graph.operators = [], [2], []
    for place, name in enumerate(("DENSIFY", "DEQUANTIZE")):
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
        model.operatorCodes = [*(model.operatorCodes or [])[:place], code]
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = place, [place], [place + 1]
        graph.operators.append(operator)
    return tflite._packed(model)


class TestDenseWeights:
    def test_they_are_written_out_zeros_and_all(self) -> None:
        model = unpacked(tflite.with_dense_weights(model_of_sparse_weights()))
        graph = model.subgraphs[0]
        content = np.asarray(model.buffers[graph.tensors[1].buffer].data, dtype=np.uint8).tobytes()
        np.testing.assert_array_equal(np.frombuffer(content, np.float16).reshape(WEIGHTS.shape), WEIGHTS)
        assert [(list(one.inputs), list(one.outputs)) for one in graph.operators] == [([1], [2])]
        assert all(tensor.sparsity is None for tensor in graph.tensors)

    def test_a_model_without_any_stays_as_it_is(self) -> None:
        model = model_of_three_branches()
        assert tflite.with_dense_weights(model) == model

    @pytest.mark.parametrize("layout", [{"traversal_order": (2, 1, 0)}, {"sparse": (1, 2)}, {"sparse": (1,)}, {"sparse": ()}])
    def test_weights_that_are_sparse_in_another_way_are_not_guessed(self, layout: dict[str, tuple[int, ...]]) -> None:
        with pytest.raises(ModelFileError, match='sparse by rows; those of "out0"'):
            tflite.with_dense_weights(model_of_sparse_weights(**layout))


def test_in_a_working_bundle_the_outline_is_left_out_and_the_detector_is_dense(tmp_path: Path) -> None:
    contents = {bundles.POSE_DETECTOR_FILE: model_of_sparse_weights(), bundles.POSE_LANDMARKS_FILE: model_of_three_branches()}
    path = tmp_path / "pose.task"
    path.write_bytes(bundles.zip_aligned(contents))
    with zipfile.ZipFile(io.BytesIO(bundles.working_bundle(path))) as made:
        assert len(unpacked(made.read(bundles.POSE_DETECTOR_FILE)).subgraphs[0].operators) == 1
        assert list(unpacked(made.read(bundles.POSE_LANDMARKS_FILE)).subgraphs[0].outputs) == [3, 4, 3]


class TestNormalization:
    def test_metadata_say_divide_by_255(self) -> None:
        model = unpacked(tflite.with_normalization(model_with_outputs((3, 4)), output_count=2))
        (entry,) = model.metadata
        assert entry.name == b"TFLITE_METADATA"
        raw = np.asarray(model.buffers[entry.buffer].data).tobytes()
        assert raw[4:8] == b"M001"
        (subgraph,) = tflite.schema("metadata_schema").ModelMetadataT.InitFromPackedBuf(raw, 0).subgraphMetadata
        (tensor,) = subgraph.inputTensorMetadata
        options = tensor.processUnits[0].options
        assert (list(options.mean), list(options.std)) == ([0.0], [255.0])
        assert len(subgraph.outputTensorMetadata) == 2

    def test_twice_is_once(self) -> None:
        model = unpacked(tflite.with_normalization(tflite.with_normalization(model_with_outputs((3,)), 1), 1))
        assert len(model.metadata) == 1

    def test_weights_stay_and_begin_at_multiples_of_16_bytes(self) -> None:
        raw = tflite.with_normalization(model_with_outputs((3, 4, 5)), output_count=3)
        for number in range(3):
            assert unpacked(raw).buffers[number + 1].data.tolist() == [number, 1, 2]
            assert raw.index(bytes([3, 0, 0, 0, number, 1, 2])) % 16 == 12  # the length, 4 bytes, stands before


class TestSchema:
    def test_a_release_without_the_file_says_what_to_install(self) -> None:
        with pytest.raises(ModelFileError, match=r"no_such_py_generated\.py.*mediapipe==0\.10\.33"):
            tflite.schema("no_such")


class TestZip:
    @pytest.mark.parametrize("sizes", [(1, 1), (0, 5, 16), (17, 31, 3)])
    def test_each_file_begins_at_a_multiple_of_16_bytes(self, sizes: tuple[int, ...]) -> None:
        files = {f"file{'x' * number}.tflite": bytes([65 + number]) * size for number, size in enumerate(sizes)}
        raw = bundles.zip_aligned(files)
        with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
            assert {name: bundle.read(name) for name in bundle.namelist()} == files
            for entry in bundle.infolist():
                assert entry.compress_type == zipfile.ZIP_STORED
                data = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
                assert data % 16 == 0
                assert raw[data : data + entry.file_size] == files[entry.filename]

    def test_the_same_bytes_on_windows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here = bundles.zip_aligned({"a.tflite": b"a"})
        monkeypatch.setattr("zipfile.sys.platform", "win32")
        assert bundles.zip_aligned({"a.tflite": b"a"}) == here


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "package.whl"
    file.write_bytes(b"no archive")
    with pytest.raises(ModelFileError, match=r"package\.whl to be a wheel, a bundle or a package tarball"):
        bundles.parts_in(file)
