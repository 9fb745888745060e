"""Black Forest Labs: FLUX by their own API.

Pages: https://docs.bfl.ai/quick_start/generating_images, https://docs.bfl.ai/api_integration/errors
and the API reference beside them, read 2026-11-22. A job is submitted to the model's path, looked
at by its polling_url until it is Ready, and its picture lies at an address for ten minutes.
"""

from typing import Any

from waystation.dialects.faults import scrubbed
from waystation.errors import Fault
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.answers import document_of, seed_of
from waystation.upstream.pictures.bodies import json_body
from waystation.upstream.pictures.encoding import base64_of
from waystation.upstream.pictures.hosts import job_address, picture_address
from waystation.upstream.pictures.knobs import Knobs, one_input, refused
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.paths import segment
from waystation.upstream.pictures.polling import Pauses, poll
from waystation.upstream.pictures.port import Action, Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import moderated, nonsense
from waystation.upstream.pictures.shapes import fitted, nearest, wanted_ratio
from waystation.upstream.pictures.variation import INSTRUCTION
from waystation.upstream.pictures.wire import PictureWire, Reply
from waystation.upstream.transport import Outgoing

HOSTS = ("bfl.ai", "bfl.ml")
"""Where jobs are looked at: our key goes nowhere else."""
PICTURE_HOSTS = (*HOSTS, "blob.core.windows.net")

_ALIASES = {"flux": "flux-dev", "flux.1.1-pro": "flux-pro-1.1", "flux-1.1-pro": "flux-pro-1.1"}
_RATIOS = ("1:1", "21:9", "16:9", "3:2", "4:3", "5:4", "4:5", "3:4", "2:3", "9:16", "9:21")
_INPUTS_MAX = {"flux-kontext": 4, "flux-2": 8}
_WAITING = frozenset({"Pending", "Queued", "Processing", "Preparing"})
_NOT_FOUND_MAX = 6
_FORMATS = ("jpeg", "png")


class Bfl:
    """A `PictureVendor`."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary"})

    def __init__(self, pauses: Pauses | None = None) -> None:
        self._pauses = pauses or Pauses()

    def per_call(self, order: PictureOrder) -> int:
        return 1

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        model = segment(_ALIASES.get(order.model, order.model))
        knobs = Knobs(order)
        body = await _body(order, model, knobs)
        submitted = document_of(
            await wire.exchange(wire.request(f"/v1/{model}", json_body(wire, body)))
        )
        job = submitted.get("id")
        if not isinstance(job, str) or not job:
            raise nonsense("it gave the job no id")
        look = _look(wire, submitted, job)
        result = await poll(wire, look, _Job(wire.secrets).read, self._pauses, (404,))
        told = result.get("prompt")
        picture = Picture(
            address=picture_address(wire, result.get("sample"), PICTURE_HOSTS),
            revised_prompt=told if isinstance(told, str) and told != order.prompt else None,
            seed=seed_of(result.get("seed")),
        )
        return Pictures(items=(picture,), upstream_id=job, losses=knobs.losses())


def _look(wire: PictureWire, submitted: dict[str, Any], job: str) -> Outgoing:
    """Jobs are known in the region that took them, which polling_url names; relays of this API are
    asked themselves."""
    address = submitted.get("polling_url")
    named = None if address is None else job_address(wire, address, HOSTS)
    if named is not None:
        return named
    if not job.replace("-", "").isalnum():
        raise nonsense("its job's id is none")
    return wire.request(f"/v1/get_result?id={job}", method="GET")


class _Job:
    """Reads the looks at one job."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets
        self._missed = 0

    def read(self, reply: Reply) -> dict[str, Any] | None:
        """The result, None while there is none. Raises AttemptFailed."""
        document = document_of(reply)
        status = document.get("status")
        if status is None and reply.status == 404:
            status = "Task not found"
        if status == "Ready":
            result = document.get("result")
            if not isinstance(result, dict):
                raise nonsense("a job that is ready has no result")
            return result
        if status in _WAITING:
            return None
        if status in ("Request Moderated", "Content Moderated"):
            raise moderated(_reasons(document), self._secrets)
        if status == "Task not found" and self._missed < _NOT_FOUND_MAX:
            self._missed += 1  # a job may be asked for before all of them know of it
            return None
        if status in ("Error", "Failed", "Task not found"):
            reason = scrubbed(_reasons(document) or str(status), self._secrets)
            raise AttemptFailed(Fault("upstream_error", reason=reason), status=502)
        raise nonsense("its job has a state that is none")


def _reasons(document: dict[str, Any]) -> str:
    details = document.get("details")
    if not isinstance(details, dict):
        return str(details) if isinstance(details, str) else ""
    told = details.get("Moderation Reasons") or details.get("error") or details.get("message")
    if isinstance(told, list):
        return ", ".join(str(one) for one in told)
    return str(told) if told else ""


# ---- requests ------------------------------------------------------------------------------


async def _body(order: PictureOrder, model: str, knobs: Knobs) -> dict[str, Any]:
    prompt = order.prompt or (INSTRUCTION if order.action == "vary" else "")
    fields: dict[str, Any] = {
        "prompt": prompt,
        "seed": knobs.take("seed"),
        "output_format": _format(knobs),
        "safety_tolerance": knobs.number("safety_tolerance"),
        "prompt_upsampling": knobs.flag("prompt_upsampling"),
        "guidance": knobs.number("guidance"),
        "steps": knobs.number("steps"),
        **_shape(order, model, knobs),
    }
    if model == "flux-pro-1.1-ultra":
        fields["raw"] = knobs.flag("raw")
    fields.update(await _inputs(order, model, knobs))
    return fields


def _format(knobs: Knobs) -> str | None:
    return knobs.one_of("output_format", _FORMATS)


def _shape(order: PictureOrder, model: str, knobs: Knobs) -> dict[str, Any]:
    """Some models are told a form, some width and height; what fills a mask has its picture's."""
    knobs.shaped()
    if "fill" in model:
        return {}
    ratio = wanted_ratio(order)
    if model == "flux-pro-1.1-ultra" or model.startswith("flux-kontext"):
        if ratio is None:
            return {}
        exact = order.aspect_ratio if order.aspect_ratio in _RATIOS else None
        return {"aspect_ratio": exact or nearest(ratio, _RATIOS)}
    if ratio is None and order.inputs:
        return {}  # an edit keeps its picture's form
    if model.startswith("flux-2"):
        width, height = fitted(order, step=16, least=64, most=4096, area_most=2048 * 2048)
    else:
        width, height = fitted(order, step=32, least=256, most=1440)
    return {"width": width, "height": height}


async def _inputs(order: PictureOrder, model: str, knobs: Knobs) -> dict[str, Any]:
    if "fill" in model:
        picture = one_input(order)
        mask = await painted(order.mask, "white") if order.mask else None
        return {
            "image": await base64_of(picture),
            "mask": None if mask is None else await base64_of(mask),
        }
    if order.mask is not None:
        raise refused("mask", f"{model} takes no mask; flux-pro-1.0-fill does")
    many = next((most for name, most in _INPUTS_MAX.items() if model.startswith(name)), 0)
    if not order.inputs:
        if order.action != "generate":
            raise AttemptFailed(Fault("missing_field", param="image"), status=400)
        return {}
    if many == 0:
        strength = None
        if model == "flux-pro-1.1-ultra":
            # Theirs is the weight of the picture; a strength is the weight of what is new.
            change = knobs.take("strength")
            told = knobs.number("image_prompt_strength")
            strength = told if change is None else 1 - change
        return {
            "image_prompt": await base64_of(one_input(order)),
            "image_prompt_strength": strength,
        }
    if len(order.inputs) > many:
        raise refused("image", f"{model} takes at most {many} pictures")
    names = ("input_image", *(f"input_image_{k}" for k in range(2, many + 1)))
    pairs = zip(names, order.inputs, strict=False)
    return {name: await base64_of(picture) for name, picture in pairs}
