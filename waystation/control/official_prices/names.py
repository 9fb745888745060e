"""The names that a model of genai-prices goes by, as exact names and prefixes.

Its rules know more than our wildcards can say (contains, regular expressions). Of those only the
names we can name are taken: a wildcard that says more than the rule would price strangers.
"""

from collections.abc import Iterator, Sequence

from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ClauseStartsWith,
    MatchLogic,
    ModelInfo,
    Provider,
)


def names_of(model: ModelInfo, provider: Provider, earlier: Sequence[Provider]) -> list[str]:
    """Each name and each prefix with `*` that means this model, and no model of an earlier
    provider."""
    told = (model.id, *_in_rule(model.match))
    return [
        name
        for name in dict.fromkeys(told)
        if provider.find_model(name.removesuffix("*")) is model
        and not any(other.find_model(name.removesuffix("*")) for other in earlier)
    ]


def _in_rule(rule: MatchLogic) -> Iterator[str]:
    if isinstance(rule, ClauseEquals):
        yield rule.equals
    elif isinstance(rule, ClauseStartsWith):
        yield rule.starts_with + "*"
    elif isinstance(rule, ClauseOr):
        for one in rule.or_:
            yield from _in_rule(one)
