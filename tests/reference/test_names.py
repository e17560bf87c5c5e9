"""Names: what people write is understood, or answered with the nearest ones; nothing is guessed."""

from __future__ import annotations

import pytest

from pipeline.calculation.calculate import Calculation
from pipeline.errors import Remedy, UsageError
from pipeline.reference import names
from tests.conftest import Klynge

MUNICIPALITIES = {
    "Høje-Taastrup": "169",
    "Høje Taastrup": "169",
    "hoje-taastrup": "169",
    "Høje-Tåstrup": "169",
    "HØJE TAASTRUP KOMMUNE": "169",
    "hoeje taastrup": "169",
    "Høje": "169",
    "169": "169",
    "0169": "169",
    "Københavns Kommune": "101",
    "Kobenhavn": "101",
    "koebenhavn": "101",
    "Copenhagen": "101",
    "kbh": "101",
    "Aarhus": "751",
    "Århus": "751",
    "Arhus": "751",
    "Åbenrå": "580",
    "Aabenraa Kommune": "580",
    "Nordfyn": "480",
    "Nordfyns Kommune": "480",
    "Lyngby": "173",
    "Lyngby Tårbæk": "173",
    "Fåborg-Midtfyn": "430",
    "Faaborg": "430",
    "Ærø": "492",
    "aeroe": "492",
    "Læsø": "825",
    "laesoe": "825",
    "Rodovre": "175",
    "Roedovre": "175",
    "rødovre kommune": "175",
    "Vesthimmerland": "820",
    "Ikast": "756",
    "Ringkøbing Skjern": "760",
    "Bornholms Regionskommune": "400",
    "Mors": "773",
    "Elsinore": "217",
    " Odense ": "461",
    "Brondby": "153",
    "Alberts lund": "165",
    " 169 ": "169",
    "vib": "791",
    "copenh": "101",
}
CLUSTERS = {
    "amager-hvidovre": "amager-hvidovre",
    "Sundhedsklynge Syd": "amager-hvidovre",
    "Amager og Hvidovre Hospital": "amager-hvidovre",
    "hvidovre": "amager-hvidovre",
    "Klynge Syd (Hobro)": "hobro",
    "hobro": "hobro",
    "Byen": "bispebjerg-frederiksberg",
    "Fyn": "odense",
    "Odense": "odense",
    "Lillebælt": "kolding",
    "Sonderjylland": "aabenraa",
    "Århus": "aarhus",
    "Aarhusklyngen": "aarhus",
    "Nykøbing Falster": "nykoebing-falster",
    "Næstved": "slagelse",
    "Goedstrup": "goedstrup",
    "klynge midt (aalborg)": "aalborg",
    "Nordsjælland": "nordsjaelland",
    "Hvidóvre Hospital": "amager-hvidovre",
}
OFFERED = {
    "Skjen": "Ringkøbing-Skjern (760), Vejen (575), Skive (779)?",
    "Hvidore": "Hvidovre (167)",
    "Glostrop": "Glostrup (161)",
    "Fredriksberg": "Frederiksberg (147)",
    "Brøndbyøster": "Brøndby (153)",
    "Helsngør": "Helsingør (217)",
}


@pytest.mark.parametrize("written", MUNICIPALITIES)
def test_a_municipality_is_understood(bundled: dict[str, Calculation], written: str) -> None:
    """Case, accents, hyphens, the word Kommune and the old and new spelling make no difference."""
    things = names.municipalities(bundled["2022K1"].inputs.reference.areas.values())
    assert names.find("municipality", written, things).code == MUNICIPALITIES[written]


@pytest.mark.parametrize("written", CLUSTERS)
def test_a_cluster_is_understood(bundled: dict[str, Calculation], written: str) -> None:
    """A cluster goes by its id, its name, its town in brackets and its hospital."""
    things = names.clusters(bundled["2022K1"].result.rules.clusters)
    assert names.find("cluster", written, things).code == CLUSTERS[written]


@pytest.mark.parametrize("written", OFFERED)
def test_a_misspelt_name_is_answered_with_the_nearest(
    bundled: dict[str, Calculation], written: str
) -> None:
    """A misspelt name is never guessed, and the one that was meant is offered."""
    things = names.municipalities(bundled["2022K1"].inputs.reference.areas.values())
    with pytest.raises(UsageError) as caught:
        names.find("municipality", written, things)
    assert OFFERED[written] in caught.value.hint


@pytest.mark.parametrize("written", ["Syd", "Midt", "Nord", "planområde syd"])
def test_a_name_of_two_clusters_is_answered_with_both(
    bundled: dict[str, Calculation], written: str
) -> None:
    """Where two clusters go by the same word, both are named and none is chosen."""
    things = names.clusters(bundled["2022K1"].result.rules.clusters)
    with pytest.raises(UsageError, match="fits 2 of the cluster names"):
        names.find("cluster", written, things)


@pytest.mark.parametrize("written", ["", "-", "xyz", "Christiansø", "084"])
def test_what_is_no_municipality_is_refused(bundled: dict[str, Calculation], written: str) -> None:
    """Nothing, nonsense, an island outside and a region are no municipality."""
    things = names.municipalities(bundled["2022K1"].inputs.reference.areas.values())
    with pytest.raises(UsageError, match="No municipality is called"):
        names.find("municipality", written, things)


@pytest.mark.parametrize("written", ["", "-", "xyz", "Vi"])
def test_where_nothing_is_near_the_list_is_named(
    bundled: dict[str, Calculation], written: str
) -> None:
    """Two letters begin too many names, and what looks like none offers none: the remedy is the
    command that lists them all, which a name that is near does without.
    """
    things = names.municipalities(bundled["2022K1"].inputs.reference.areas.values())
    with pytest.raises(UsageError) as nothing:
        names.find("municipality", written, things)
    assert (nothing.value.hint, nothing.value.remedy) == ("", Remedy.LIST_CLUSTERS)
    with pytest.raises(UsageError) as near:
        names.find("municipality", "Hvidore", things)
    assert near.value.remedy is None


FIRST_FIT = {
    "a code in any case": ("AB-C", [("ab-c", "X")]),
    "a whole word before a beginning": ("nord", [("1", "Øster Nord"), ("2", "Nordfyn")]),
    "a whole word of another name": ("nord", [("1", "Y", "Øst Nord"), ("2", "Nordfyn")]),
    "all words before some": ("b a", [("1", "A B"), ("2", "A B C")]),
    "three words in any order": ("c b a", [("1", "A B C"), ("2", "A B C D")]),
    "four words in any order": ("d c b a", [("1", "A B C D"), ("2", "E F")]),
    "a name that ends in s": ("mors kommune", [("1", "Mors"), ("2", "Mors Ø")]),
    "the beginning of another name": ("copen", [("1", "København", "Copenhagen")]),
}


@pytest.mark.parametrize(("written", "things"), FIRST_FIT.values(), ids=FIRST_FIT)
def test_the_closest_way_of_fitting_decides(written: str, things: list[tuple[str, ...]]) -> None:
    """A code, then a whole name, then a word, then a beginning: what fits more closely wins."""
    named = [names.Named(row[0], row[1], row[2:]) for row in things]
    assert names.find("cluster", written, named) is named[0]


def test_names_alike_by_six_letters_in_ten_are_offered() -> None:
    """What is less alike would puzzle more than it helps."""
    for written, offered in (("abcxy", "Did you mean Abcde (1)?"), ("abxyz", "")):
        with pytest.raises(UsageError) as caught:
            names.find("cluster", written, [names.Named("1", "Abcde")])
        assert caught.value.hint == offered


def test_at_most_three_names_are_offered() -> None:
    """The nearest three, however many are near."""
    alike = [names.Named(str(number), f"Hvidovr{letter}") for number, letter in enumerate("abcd")]
    with pytest.raises(UsageError) as caught:
        names.find("cluster", "Hvidovre", alike)
    assert caught.value.hint.count("Hvidovr") == 3


def test_long_names_are_compared_in_their_own_order() -> None:
    """Orders of four words are many: they fit by their words, and then two such names do."""
    named = [names.Named("1", "A B C D"), names.Named("2", "A B C D E")]
    with pytest.raises(UsageError, match="fits 2"):
        names.find("cluster", "d c b a", named)


def test_every_official_name_is_its_own(bundled: dict[str, Calculation]) -> None:
    """Each of the 98 official names, and each in capitals without accents, finds its own code."""
    things = names.municipalities(bundled["2022K1"].inputs.reference.areas.values())
    for thing in things:
        plain = "".join(names.fold(thing.name)).upper()
        found = [names.find("municipality", text, things) for text in (thing.name, plain)]
        assert found == [thing, thing]


def test_the_command_line_offers_names(klynge: Klynge) -> None:
    """A name that is not understood ends with exit code 2 and the nearest ones."""
    ended = klynge("explain", "2022K1", "amager-hvidovre", "Hvidore")
    assert (ended.exit_code, ended.out) == (2, "")
    assert "Did you mean Hvidovre (167)" in ended.err
