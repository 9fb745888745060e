"""The tones: four at a time, each one of sixteen, twenty-five times a second.

They lie from 3 to 7 kHz, above what is left of the speech and below what the meanest codecs cut
off. All are whole numbers of 31.25 Hz, the bins of 512 samples at 16 kHz, two bins apart.
"""

BIN_HERTZ = 31.25
FIRST_BIN = 96
STEP_BINS = 2
GROUPS = 4
VALUES = 16
"""Of each group: four bits."""
SYMBOL_SECONDS = 0.04
SYMBOL_BYTES = 2

SYNC = (
    (3, 12, 6, 9),
    (14, 1, 11, 4),
    (5, 10, 0, 15),
    (8, 7, 13, 2),
    (0, 15, 5, 10),
    (11, 4, 14, 1),
    (9, 6, 12, 3),
    (2, 13, 7, 8),
)
"""What a frame begins with: for each symbol the value of each group."""


def bin_of(group: int, value: int) -> int:
    return FIRST_BIN + STEP_BINS * (VALUES * group + value)


def values_of(first: int, second: int) -> tuple[int, int, int, int]:
    """Two bytes as one symbol. The halves of a byte lie two groups apart."""
    return first >> 4, second >> 4, first & 15, second & 15


def bytes_of(values: tuple[int, ...]) -> tuple[int, int]:
    return values[0] << 4 | values[2], values[1] << 4 | values[3]
