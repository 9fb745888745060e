"""Things of the sky, and what stands far off."""

from waystation.imaging.scene.shape import (
    Shape,
    Slice,
    block,
    crescent,
    ellipse,
    polygon,
    spikes,
    stroke,
)

HIGH: dict[str, Shape] = {
    "sun": Shape(
        "yellow", 1.0, "sky", (spikes("main", 14, 33, 49), ellipse("light", 24, 24, 76, 76))
    ),
    "moon": Shape("yellow", 1.0, "sky", (crescent("main"),)),
    "star": Shape("yellow", 1.0, "sky", (spikes("main", 5, 21, 50),)),
    "cloud": Shape(
        "white",
        1.7,
        "sky",
        (
            ellipse("main", 2, 42, 42, 96),
            ellipse("main", 22, 6, 66, 82),
            ellipse("main", 52, 30, 98, 96),
            block("main", 22, 60, 78, 96),
        ),
    ),
    "bird": Shape(
        "grey",
        1.5,
        "sky",
        (
            polygon("main", 44, 62, 30, 24, 2, 8, 16, 40, 36, 74),
            polygon("dark", 56, 60, 66, 20, 98, 2, 86, 38, 66, 74),
            ellipse("main", 24, 46, 78, 86),
            polygon("main", 30, 62, 4, 84, 30, 80),
            ellipse("main", 64, 38, 88, 72),
            polygon("orange", 85, 48, 99, 58, 85, 62),
            ellipse("ink", 76, 47, 81, 55),
        ),
    ),
    "balloon": Shape(
        "red",
        0.72,
        "sky",
        (
            stroke("brown", 4, 32, 62, 40, 84),
            stroke("brown", 4, 68, 62, 60, 84),
            ellipse("main", 2, 2, 98, 72),
            ellipse("light", 30, 2, 70, 72),
            block("brown", 34, 82, 66, 98),
        ),
    ),
    "rocket": Shape(
        "white",
        0.55,
        "sky",
        (
            polygon("orange", 36, 80, 64, 80, 50, 99),
            polygon("red", 26, 52, 2, 86, 30, 80),
            polygon("red", 74, 52, 98, 86, 70, 80),
            ellipse("main", 22, 2, 78, 92),
            block("main", 30, 60, 70, 84),
            polygon("red", 36, 16, 50, 1, 64, 16),
            ellipse("blue", 38, 28, 62, 46),
        ),
    ),
    "kite": Shape(
        "red",
        0.7,
        "sky",
        (
            stroke("ink", 5, 50, 62, 62, 72, 40, 82, 58, 92, 48, 98),
            polygon("main", 50, 1, 98, 26, 50, 66, 2, 26),
            polygon("light", 50, 1, 98, 26, 50, 26),
            polygon("light", 50, 66, 2, 26, 50, 26),
        ),
    ),
    "mountain": Shape(
        "grey",
        1.7,
        "far",
        (
            polygon("dark", 46, 99, 72, 32, 99, 99),
            polygon("main", 1, 99, 38, 2, 76, 99),
            polygon("white", 27, 31, 38, 2, 50, 32, 43, 26, 38, 36, 33, 26),
        ),
    ),
    "castle": Shape(
        "grey",
        1.25,
        "far",
        (
            block("main", 20, 44, 80, 98),
            polygon(
                "main", 26, 44, 26, 32, 36, 32, 36, 40, 45, 40, 45, 32, 55, 32, 55, 40, 64, 40,
                64, 32, 74, 32, 74, 44,
            ),
            block("main", 2, 30, 26, 98),
            block("main", 74, 30, 98, 98),
            polygon("red", 0, 30, 14, 2, 28, 30),
            polygon("red", 72, 30, 86, 2, 100, 30),
            block("dark", 42, 66, 58, 98),
        ),
    ),
    "lighthouse": Shape(
        "white",
        0.42,
        "far",
        (
            polygon("main", 26, 30, 74, 30, 94, 98, 6, 98),
            polygon("red", 21, 46, 79, 46, 84, 62, 16, 62),
            polygon("red", 11, 80, 89, 80, 94, 98, 6, 98),
            block("yellow", 30, 14, 70, 30),
            polygon("red", 18, 15, 50, 1, 82, 15),
            block("dark", 14, 28, 86, 33),
        ),
    ),
    "tower": Shape(
        "red",
        0.5,
        "far",
        (
            block("light", 26, 14, 74, 98),
            polygon("main", 4, 40, 30, 24, 70, 24, 96, 40),
            polygon("main", 0, 66, 24, 48, 76, 48, 100, 66),
            polygon("main", 14, 20, 50, 2, 86, 20),
            block("dark", 40, 76, 60, 98),
        ),
    ),
    "tree": Shape(
        "green",
        0.85,
        "near",
        (
            polygon("brown", 42, 60, 58, 60, 62, 98, 38, 98),
            ellipse("main", 2, 24, 58, 70),
            ellipse("main", 42, 24, 98, 70),
            ellipse("main", 18, 2, 82, 62),
            ellipse("light", 34, 10, 58, 30),
        ),
    ),
    "pine": Shape(
        "green",
        0.6,
        "near",
        (
            block("brown", 42, 78, 58, 99),
            polygon("main", 2, 84, 50, 42, 98, 84),
            polygon("main", 12, 58, 50, 20, 88, 58),
            polygon("main", 22, 34, 50, 1, 78, 34),
        ),
    ),
    "flower": Shape(
        "pink",
        0.55,
        "near",
        (
            stroke("green", 8, 50, 40, 50, 98),
            ellipse("green", 50, 66, 96, 82),
            *(
                ellipse("main", *box)
                for box in ((28, 0, 72, 22), (28, 32, 72, 54), (0, 8, 48, 30), (52, 8, 100, 30),
                            (0, 24, 48, 46), (52, 24, 100, 46))
            ),
            ellipse("yellow", 34, 17, 66, 37),
        ),
    ),
    "umbrella": Shape(
        "red",
        1.0,
        "near",
        (
            stroke("brown", 5, 50, 44, 50, 90, 56, 97, 64, 94, 66, 86),
            Slice("main", (1, 4, 99, 98), 180, 360),
            Slice("light", (30, 4, 70, 98), 180, 360),
            stroke("ink", 4, 50, 4, 50, 1),
        ),
    ),
}  # fmt: skip
