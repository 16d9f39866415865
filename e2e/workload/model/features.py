"""Text as a vector: hashed n-grams of words and of letters.

Source of the hashing trick with signs: Weinberger et al., "Feature Hashing for Large Scale
Multitask Learning" (2009). Hashes are CRC-32, which is the same on every machine.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 1 << 13
_WORD: Final = re.compile(r"[a-z0-9]+")
_LETTERS: Final = (3, 4, 5)
_SIGN: Final = 1 << 31

Vector = NDArray[np.float32]


def features(text: str) -> Vector:
    """The vector of a text: length 1, or 0 where the text has no word."""
    hashes = np.fromiter((crc32(gram) for gram in _grams(text)), dtype=np.int64)
    signs = np.where(hashes & _SIGN, -1.0, 1.0)
    counts = np.bincount(hashes % WIDTH, weights=signs, minlength=WIDTH)
    damped = np.sign(counts) * np.log1p(np.abs(counts))
    norm = float(np.linalg.norm(damped))
    scaled: Vector = (damped / norm if norm else damped).astype(np.float32)
    return scaled


def _grams(text: str) -> Iterator[bytes]:
    words = [word.encode() for word in _WORD.findall(text.lower())]
    yield from words
    for one, other in pairwise(words):
        yield one + b" " + other
    for word in words:
        padded = b"^" + word + b"$"
        for length in _LETTERS:
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]
