from waystation.ledger import price_book
from waystation.ledger.prices import PriceBook, PriceRow


def row(model: str, price: str, *, at: int = 0, source="override") -> PriceRow:
    return PriceRow(model=model, input=price, version=price, effective_ms=at, source=source)


def found(book: PriceBook, model: str, at_ms: int = 100) -> str | None:
    price = book.find(model, at_ms)
    return price and price.version


def test_the_operator_beats_the_catalogue_even_by_wildcard() -> None:
    book = PriceBook.build(
        [
            row("gpt-4o", "1", source="catalogue"),
            row("gpt-*", "2", source="catalogue"),
            row("claude", "3", source="catalogue"),
            row("gpt-4*", "4"),
        ]
    )
    assert found(book, "gpt-4o") == "4"
    assert found(book, "gpt-3") == "2"
    assert found(book, "claude") == "3"
    assert found(book, "other") is None
    assert set(book.models) == {"gpt-4o", "claude"}


def test_prices_change_at_their_time_and_not_before() -> None:
    book = PriceBook.build([row("m", "2", at=50), row("m", "1"), row("m", "3", at=90)])
    times = [0, 49, 50, 89, 90, 10**15, 50, 0]
    assert [found(book, "m", at) for at in times] == ["1", "1", "2", "2", "3", "3", "2", "1"]


def test_a_name_not_yet_in_effect_leaves_the_next_best() -> None:
    book = PriceBook.build(
        [
            PriceRow(model="m", input="5", version="new", effective_ms=50),
            row("m*", "2"),
            row("m", "3", source="catalogue"),
        ]
    )
    assert [found(book, "m", at) for at in (49, 50, 49)] == ["2", "new", "2"]
    later = PriceBook.build([row("m", "5", at=50), row("m", "3", source="catalogue", at=20)])
    assert [found(later, "m", at) for at in (19, 20, 49, 50, 19)] == [None, "3", "3", "5", None]


def test_a_later_row_of_the_same_moment_wins() -> None:
    assert found(PriceBook.build([row("m", "1"), row("m", "2")]), "m") == "2"


def test_a_row_without_version_gets_a_stable_one() -> None:
    one = PriceBook.build([PriceRow(model="m", input="1")]).find("m", 0)
    same = PriceBook.build([PriceRow(model="m", input="1")]).find("m", 0)
    other = PriceBook.build([PriceRow(model="m", input="2")]).find("m", 0)
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.version == same.version != other.version
    assert len(one.version) == 12


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(price_book, "_REMEMBERED_MAX", 10)
    book = PriceBook.build([row("m*", "1")])
    for number in range(100):
        assert found(book, f"m{number}") == "1"
        assert found(book, f"x{number}") is None
    assert found(book, "m" * 1000) == "1"
    assert len(book._remembered) <= 10
    assert all(len(name) <= 256 for name in book._remembered)
