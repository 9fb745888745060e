"""All things of the vocabulary by name."""

from waystation.imaging.scene.shape import Shape
from waystation.imaging.scene.shapes_high import HIGH
from waystation.imaging.scene.shapes_near import NEAR

SHAPES: dict[str, Shape] = {**HIGH, **NEAR}
