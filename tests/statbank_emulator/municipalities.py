"""The areas of FOLK1A: country, regions and municipalities.

Recorded (2026): 105 values in this order; `411` Christiansø stands under `084` although it belongs
to no municipality. Only `000` and `101` have an English text of their own.
"""

COUNTRY = "000"
ENGLISH_TEXTS = {"000": "All Denmark", "101": "Copenhagen"}

_REGIONS = """
084 Region Hovedstaden: 101 København, 147 Frederiksberg, 155 Dragør, 185 Tårnby, 165 Albertslund,
151 Ballerup, 153 Brøndby, 157 Gentofte, 159 Gladsaxe, 161 Glostrup, 163 Herlev, 167 Hvidovre,
169 Høje-Taastrup, 183 Ishøj, 173 Lyngby-Taarbæk, 175 Rødovre, 187 Vallensbæk, 201 Allerød,
240 Egedal, 210 Fredensborg, 250 Frederikssund, 190 Furesø, 270 Gribskov, 260 Halsnæs,
217 Helsingør, 219 Hillerød, 223 Hørsholm, 230 Rudersdal, 400 Bornholm, 411 Christiansø;
085 Region Sjælland: 253 Greve, 259 Køge, 350 Lejre, 265 Roskilde, 269 Solrød, 320 Faxe,
376 Guldborgsund, 316 Holbæk, 326 Kalundborg, 360 Lolland, 370 Næstved, 306 Odsherred,
329 Ringsted, 330 Slagelse, 340 Sorø, 336 Stevns, 390 Vordingborg;
083 Region Syddanmark: 420 Assens, 430 Faaborg-Midtfyn, 440 Kerteminde, 482 Langeland,
410 Middelfart, 480 Nordfyns, 450 Nyborg, 461 Odense, 479 Svendborg, 492 Ærø, 530 Billund,
561 Esbjerg, 563 Fanø, 607 Fredericia, 510 Haderslev, 621 Kolding, 540 Sønderborg, 550 Tønder,
573 Varde, 575 Vejen, 630 Vejle, 580 Aabenraa;
082 Region Midtjylland: 710 Favrskov, 766 Hedensted, 615 Horsens, 707 Norddjurs, 727 Odder,
730 Randers, 741 Samsø, 740 Silkeborg, 746 Skanderborg, 706 Syddjurs, 751 Aarhus, 657 Herning,
661 Holstebro, 756 Ikast-Brande, 665 Lemvig, 760 Ringkøbing-Skjern, 779 Skive, 671 Struer,
791 Viborg;
081 Region Nordjylland: 810 Brønderslev, 813 Frederikshavn, 860 Hjørring, 849 Jammerbugt,
825 Læsø, 846 Mariagerfjord, 773 Morsø, 840 Rebild, 787 Thisted, 820 Vesthimmerlands, 851 Aalborg
"""


def _code_and_name(entry: str) -> tuple[str, str]:
    code, name = entry.strip().split(" ", 1)
    return code, name


def _read_regions(listing: str) -> dict[tuple[str, str], dict[str, str]]:
    split = (block.split(":") for block in " ".join(listing.split()).split(";"))
    return {
        _code_and_name(region): dict(_code_and_name(entry) for entry in entries.split(","))
        for region, entries in split
    }


REGIONS: dict[tuple[str, str], dict[str, str]] = _read_regions(_REGIONS)
"""Municipality codes and names by (region code, region name), in the order of the wire."""
