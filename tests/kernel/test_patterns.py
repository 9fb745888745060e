from hypothesis import given
from hypothesis import strategies as st

from waystation.kernel import patterns
from waystation.kernel.patterns import NameSet, PatternTable


def test_exact_then_the_longest_prefix() -> None:
    table = PatternTable([("*", 0), ("gpt-*", 1), ("gpt-4*", 2), ("gpt-4o", 3)])
    assert [table.find(n) for n in ("gpt-4o", "gpt-4o-mini", "gpt-3", "claude")] == [3, 2, 1, 0]
    assert list(table.matches("gpt-4o")) == [3, 2, 1, 0]
    assert table.names == ("gpt-4o",)


def test_without_a_match() -> None:
    table = PatternTable([("gpt-*", 1)])
    assert table.find("claude") is None
    assert "claude" not in table
    assert "gpt-" in table
    assert "gpt" not in table


def test_a_star_elsewhere_is_a_letter() -> None:
    table = PatternTable([("a*b", 1), ("c**", 2)])
    assert table.find("axb") is None
    assert table.find("a*b") == 1
    assert table.find("c*d") == 2
    assert table.find("cd") is None


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(patterns, "_REMEMBERED_MAX", 10)
    table = PatternTable([("a*", 1)])
    for number in range(1_000):
        assert table.find(f"a{number}") == 1
        assert table.find(f"b{number}") is None
        assert table.find("a" * 300) == 1
    assert len(table._remembered) <= 10
    assert all(len(name) <= 256 for name in table._remembered)


NAMES = st.text("abc*", max_size=5)


@given(st.lists(NAMES, max_size=8), NAMES)
def test_agrees_with_the_definition(known: list[str], name: str) -> None:
    fitting = [
        (p == name and not p.endswith("*"), len(p), p)
        for p in known
        if (p == name and not p.endswith("*")) or (p.endswith("*") and name.startswith(p[:-1]))
    ]
    table = PatternTable((p, p) for p in known)
    expected = max(fitting)[2] if fitting else None
    assert table.find(name) == expected
    assert table.find(name) == expected  # and again, out of memory
    assert (name in NameSet(known)) == bool(fitting)
