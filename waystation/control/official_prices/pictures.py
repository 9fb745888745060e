"""Official prices of pictures, which the library of text prices does not have: USD per picture.

Each with its maker's page, and with what was really looked at (`source`, `seen`, `date`), since
makers' pages could be seen in copies alone. Where a maker sells by tokens and tells them, the
library's token price applies and these are what a relay's picture costs that tells none. Recraft's
vectors are the quality "vector" here, Ideogram's rendering speeds the qualities "turbo" and
"quality", Google's areas the sizes "1K", "2K" and "4K".
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from waystation.ledger.prices import PriceImage, PriceRow

MADE = "2026-11-22"
LIST = f"pictures {MADE}.2"
SQUARE, WIDE, TALL = "1024x1024", "1536x1024", "1024x1536"


Seen = Literal["maker's page", "third-party copy", "operator must confirm"]
"""maker's page: the maker's own, in a copy of it that a public index keeps. third-party copy: a
site of others names the maker's price, and it is this one. operator must confirm: no page could be
found, or those found do not agree; the price is the dearest that is named anywhere."""


class Source(NamedTuple):
    """url: where the maker says its prices. source: what was looked at, "" nothing."""

    maker: str
    url: str
    seen: Seen
    source: str

    def copied(self, source: str) -> "Source":
        return self._replace(seen="third-party copy", source=source)

    def unsure(self, source: str = "") -> "Source":
        return self._replace(seen="operator must confirm", source=source)


class PicturePrices(msgspec.Struct, frozen=True, kw_only=True):
    """One model's. names: exact ones, and prefixes with `*`. url: where its maker says it. source,
    seen, date: what was looked at, what it is, and the day."""

    maker: str
    url: str
    seen: Seen
    source: str
    date: str = MADE
    names: tuple[str, ...]
    per_image: str | None = None
    images: tuple[PriceImage, ...] = ()

    def rows(self) -> Iterator[PriceRow]:
        for name in self.names:
            yield PriceRow(
                model=name,
                version=f"{LIST} {self.maker}/{name}",
                source="catalogue",
                per_image=self.per_image,
                images=self.images,
            )


def _page(maker: str, url: str) -> Source:
    return Source(maker, url, "maker's page", url)


_OPENAI = Source("openai", "https://developers.openai.com/api/docs/pricing", "maker's page", "")
_GPT_IMAGE_1 = _page("openai", "https://developers.openai.com/api/docs/models/gpt-image-1")
_GPT_IMAGE_MINI = _page("openai", "https://developers.openai.com/api/docs/models/gpt-image-1-mini")
_GPT_IMAGE_15 = _OPENAI.copied("https://aifreeapi.com/en/posts/openai-image-generation-api-pricing")
_DALL_E = _OPENAI.copied("https://github.com/kevinhermawan/Canvas/blob/main/model-info.json")
"""They are withdrawn, and their maker's pages name no price any more."""
_BFL = _page("black-forest-labs", "https://docs.bfl.ai/quick_start/pricing")
_FLUX_DEV = _BFL.copied("https://oauth.openai-hk.com/docs/en/lab/bfl-flux.html")
_FLUX_PRO = _BFL.unsure("https://docs.apiyi.com/api-capabilities/flux/historical-versions")
"""Which says 0.04; hosts of the model take 0.05."""
_STABILITY = Source(
    "stability-ai", "https://platform.stability.ai/pricing", "maker's page", ""
).copied("https://developer.puter.com/tutorials/stability-ai-api-pricing/")
_SD3_FLASH = _STABILITY.unsure()
_SDXL = _STABILITY.unsure(
    "https://github.com/CrazyDubya/party/blob/main/project-notes/innovation/research/"
    "Image_inferences/stability_ai_api.md"
)
"""Which says "from", since its steps count."""
_STABILITY_TOOLS = _page("stability-ai", "https://stability.ai/api-pricing-update-25")
_IDEOGRAM = _page("ideogram", "https://ideogram.ai/features/api-pricing")
_RECRAFT = _page("recraft", "https://www.recraft.ai/docs/api-reference/pricing")
_RECRAFT_REMIX = _page("recraft", "https://www.recraft.ai/docs/api-reference/tools/remix")
_GOOGLE = Source(
    "google", "https://ai.google.dev/gemini-api/docs/pricing", "maker's page", ""
).copied("https://blog.laozhang.ai/en/posts/cheap-gemini-image-api")
_IMAGEN_3 = _GOOGLE.copied("https://lumenfall.ai/models/google/imagen-3.0-generate-002")
_IMAGEN_3_FAST = _GOOGLE.copied(
    "https://github.com/DaWe35/image-router/blob/main/src/shared/imageModels/google/imagen-3-fast.js"
)
_GEMINI_31 = _GOOGLE.copied("https://xairouter.com/en/models/gemini-3.1-flash-image-preview")


def _flat(source: Source, price: str, *names: str) -> PicturePrices:
    return PicturePrices(
        maker=source.maker,
        url=source.url,
        seen=source.seen,
        source=source.source,
        names=names,
        per_image=price,
    )


def _table(
    source: Source, names: tuple[str, ...], flat: str | None, rows: Mapping[str, str]
) -> PicturePrices:
    """rows: "size quality" → price; either may be *."""
    images = []
    for shape, price in rows.items():
        size, quality = shape.split(" ")
        images.append(PriceImage(size=size.strip("*"), quality=quality.strip("*"), price=price))
    return PicturePrices(
        maker=source.maker,
        url=source.url,
        seen=source.seen,
        source=source.source,
        names=names,
        per_image=flat,
        images=tuple(images),
    )


def _by_quality(low: str, medium: str, high: str, *oblong: str) -> dict[str, str]:
    """oblong: the same three for the two larger sizes."""
    rows = {}
    for quality, square, other in zip(
        ("low", "medium", "high"), (low, medium, high), oblong, strict=True
    ):
        rows[f"{SQUARE} {quality}"] = square
        rows[f"{WIDE} {quality}"] = rows[f"{TALL} {quality}"] = other
    return rows


PICTURE_PRICES: tuple[PicturePrices, ...] = (
    _table(
        _DALL_E,
        ("dall-e-2",),
        None,
        {"256x256 *": "0.016", "512x512 *": "0.018", "1024x1024 *": "0.02"},
    ),
    _table(
        _DALL_E,
        ("dall-e-3",),
        None,
        {
            "1024x1024 standard": "0.04",
            "1792x1024 standard": "0.08",
            "1024x1792 standard": "0.08",
            "1024x1024 hd": "0.08",
            "1792x1024 hd": "0.12",
            "1024x1792 hd": "0.12",
        },
    ),
    _table(
        _GPT_IMAGE_1,
        ("gpt-image-1",),
        None,
        _by_quality("0.011", "0.042", "0.167", "0.016", "0.063", "0.25"),
    ),
    _table(
        _GPT_IMAGE_15,
        ("chatgpt-image-latest",),
        None,
        _by_quality("0.009", "0.034", "0.133", "0.013", "0.05", "0.2"),
    ),
    _table(
        _GPT_IMAGE_15,
        ("gpt-image-1.5", "gpt-image-1.5-2025-12-16"),
        None,
        _by_quality("0.009", "0.034", "0.133", "0.013", "0.05", "0.2"),
    ),
    _table(
        _GPT_IMAGE_MINI,
        ("gpt-image-1-mini",),
        None,
        _by_quality("0.005", "0.011", "0.036", "0.006", "0.015", "0.052"),
    ),
    _flat(_FLUX_DEV, "0.025", "flux-dev"),
    _flat(_FLUX_PRO, "0.05", "flux-pro", "flux"),
    _flat(_BFL, "0.05", "flux-pro-1.0-fill"),
    _flat(_BFL, "0.04", "flux-pro-1.1"),
    _flat(_BFL, "0.04", "flux-kontext-pro"),
    _flat(_BFL, "0.06", "flux-pro-1.1-ultra"),
    _flat(_BFL, "0.08", "flux-kontext-max"),
    _flat(_STABILITY, "0.08", "stable-image-ultra"),
    _flat(_STABILITY, "0.03", "stable-image-core", "stable-diffusion"),
    _flat(_STABILITY, "0.065", "stable-diffusion-3.5-large", "sd3.5-large"),
    _flat(_STABILITY, "0.065", "stable-diffusion-3"),
    _flat(_STABILITY, "0.065", "stable-diffusion-3-large", "sd3-large"),
    _flat(_STABILITY, "0.04", "stable-diffusion-3.5-large-turbo", "sd3.5-large-turbo"),
    _flat(_STABILITY, "0.04", "stable-diffusion-3-large-turbo", "sd3-large-turbo"),
    _flat(_STABILITY, "0.035", "stable-diffusion-3.5-medium", "sd3.5-medium"),
    _flat(_STABILITY, "0.035", "stable-diffusion-3-medium", "sd3-medium"),
    _flat(_SD3_FLASH, "0.025", "stable-diffusion-3.5-flash", "sd3.5-flash"),
    _flat(_SDXL, "0.009", "stable-diffusion-xl-base-1.0", "stable-diffusion-xl-1024-v1-0"),
    _flat(_STABILITY_TOOLS, "0.05", "stable-image-inpaint", "stable-image-erase"),
    _flat(_STABILITY_TOOLS, "0.05", "stable-image-remove-background"),
    _flat(_STABILITY_TOOLS, "0.05", "stable-image-search-and-replace"),
    _flat(_STABILITY_TOOLS, "0.02", "stable-image-upscale-fast"),
    _flat(_STABILITY_TOOLS, "0.4", "stable-image-upscale-conservative"),
    _flat(_STABILITY_TOOLS, "0.6", "stable-image-upscale-creative"),
    _flat(_IDEOGRAM, "0.06", "ideogram-v1"),
    _flat(_IDEOGRAM, "0.02", "ideogram-v1-turbo"),
    _flat(_IDEOGRAM, "0.08", "ideogram-v2"),
    _flat(_IDEOGRAM, "0.05", "ideogram-v2-turbo"),
    _flat(_IDEOGRAM, "0.04", "ideogram-v2a"),
    _flat(_IDEOGRAM, "0.025", "ideogram-v2a-turbo"),
    _table(
        _IDEOGRAM,
        ("ideogram-v3",),
        "0.06",
        {"* turbo": "0.03", "* flash": "0.03", "* quality": "0.09"},
    ),
    _flat(_IDEOGRAM, "0.03", "ideogram-v3-turbo", "ideogram-v3-flash"),
    _flat(_IDEOGRAM, "0.09", "ideogram-v3-quality"),
    _table(_RECRAFT, ("recraftv3",), "0.04", {"* vector": "0.08"}),
    _table(_RECRAFT, ("recraft20b", "recraftv2"), "0.022", {"* vector": "0.044"}),
    _flat(_RECRAFT, "0.08", "recraftv3_vector"),
    _flat(_RECRAFT, "0.044", "recraftv2_vector"),
    _table(
        _RECRAFT,
        ("recraft-inpaint", "recraft-replace-background", "recraft-generate-background"),
        "0.04",
        {"* vector": "0.08"},
    ),
    _flat(_RECRAFT, "0.01", "recraft-vectorize", "recraft-remove-background"),
    _flat(_RECRAFT, "0.004", "recraft-crisp-upscale"),
    _flat(_RECRAFT, "0.25", "recraft-creative-upscale"),
    _flat(_RECRAFT, "0.002", "recraft-erase-region"),
    _flat(_RECRAFT_REMIX, "0.04", "recraft-remix"),
    _flat(_GOOGLE, "0.04", "imagen-4.0-generate*"),
    _flat(_GOOGLE, "0.02", "imagen-4.0-fast-generate*"),
    _flat(_GOOGLE, "0.06", "imagen-4.0-ultra-generate*"),
    _flat(_IMAGEN_3, "0.03", "imagen-3.0-generate*"),
    _flat(_IMAGEN_3_FAST, "0.02", "imagen-3.0-fast-generate*"),
    _flat(_GOOGLE, "0.039", "gemini-2.5-flash-image", "gemini-2.5-flash-image-preview"),
    _table(
        _GOOGLE,
        ("gemini-3-pro-image", "gemini-3-pro-image-preview"),
        None,
        {"1K *": "0.134", "2K *": "0.134", "4K *": "0.24"},
    ),
    _table(
        _GEMINI_31,
        ("gemini-3.1-flash-image", "gemini-3.1-flash-image-preview"),
        None,
        {"512 *": "0.045", "1K *": "0.067", "2K *": "0.101", "4K *": "0.151"},
    ),
)
