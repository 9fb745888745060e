"""What a vendor is: data, never code."""

from collections.abc import Mapping, Sequence

import msgspec


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """Where a vendor leaves the dialect. refuses: top-level request fields that it answers with an
    error; what we add ourselves must not be among them. reports_usage: streams end with usage
    without being asked for it. reasoning_field: where, in an assistant's turn of the chat form, it
    wants its earlier thoughts back; "" where it does not, or refuses them. thinking_switch: the
    field by which its chat form turns thinking on or off: "thinking" takes {"type": "enabled"} or
    "disabled", "enable_thinking" true or false; "" where an effort says it all. streams_pictures:
    any picture model may be streamed, not only those that OpenAI streams."""

    refuses: tuple[str, ...] = ()
    reports_usage: bool = False
    reasoning_field: str = ""
    thinking_switch: str = ""
    streams_pictures: bool = False


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """paths: operation → path below base_url, only what it speaks. optional_paths:
    likewise, but served only by channels that name the operation. base_url "": the channel must
    name it. auth: "bearer", "header:<name>", "none", or "cloud" where `cloud` names the module of
    upstream/clouds that uses the key. In a path: {model} is the upstream's name of it, {segment}
    the same with its slashes escaped. native_n: answers n > 1 in one call.
    documentation: the page, and in `checked` the day when it was read, "" never. recorded: our
    tests run over traffic of it; without that the docs call the vendor unverified."""

    name: str
    title: str
    base_url: str = ""
    auth: str = "bearer"
    cloud: str = ""
    dialect: str = "openai_chat"
    paths: Mapping[str, str]
    optional_paths: Mapping[str, str] = {}
    needs_key: bool = True
    native_n: bool = False
    tools: bool = True
    free_by_default: bool = False
    quirks: Quirks = Quirks()
    documentation: str = ""
    checked: str = ""
    recorded: bool = False

    def paths_for(self, operations: Sequence[str]) -> Mapping[str, str]:
        """Of a channel that names these operations; () leaves it to the vendor. Raises ValueError
        for one that the vendor does not know."""
        if not operations:
            return self.paths
        known = {**self.optional_paths, **self.paths}
        unknown = next((each for each in operations if each not in known), None)
        if unknown is not None:
            raise ValueError(f"{self.name} does not offer {unknown!r}; known: {', '.join(known)}")
        return {each: known[each] for each in operations}
