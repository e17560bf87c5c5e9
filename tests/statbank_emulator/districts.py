"""The areas of KKBEF1: the city of Copenhagen, its districts, local committees and neighbourhoods.

Recorded (2026, English): 93 values in this order, some texts with trailing spaces. Inferred: the
Danish prefixes, and which local committees make up a district (`1001` Indre By has two, and so has
`1004` Vesterbro/Kongens Enghave: checked against figures at both levels for the latter).
"""

CITY = "1000"

DISTRICTS = {
    "1001": "Indre By",
    "1002": "Østerbro",
    "1003": "Nørrebro",
    "1004": "Vesterbro/Kongens Enghave",
    "1005": "Valby",
    "1006": "Vanløse",
    "1007": "Brønshøj-Husum",
    "1008": "Bispebjerg",
    "1009": "Amager Øst",
    "1010": "Amager Vest",
    "1099": "Unlocated",
}

LOCAL_COMMITTEES = {
    "2001": "Indre By",
    "2002": "Christianshavn",
    "2003": "Østerbro",
    "2004": "Nørrebro",
    "2005": "Vesterbro",
    "2006": "Kgs. Enghave",
    "2007": "Valby",
    "2008": "Vanløse",
    "2009": "Brønshøj-Husum",
    "2010": "Bispebjerg",
    "2011": "Amager Øst",
    "2012": "Amager Vest",
    "2099": "Unlocated",
}

NEIGHBOURHOODS = {
    "20101": "Indre By - Middelalderbyen",
    "20102": "Indre By - Metropolzonen ",
    "20103": "Indre By - Nansensgade-kvarteret",
    "20104": "Indre By - Øster Farimagsgade-kvarteret",
    "20105": "Indre By - Østerport",
    "20106": "Indre By - Frederiksstaden",
    "20107": "Indre By - Gammelholm og Nyhavn",
    "20201": "Christianshavn - Neden Vandet",
    "20202": "Christianshavn - Oven Vandet",
    "20203": "Christianshavn - Holmen og Refshaleøen",
    "20301": "Østerbro - Nord/Komponistkvarteret ",
    "20302": "Østerbro - Svanemøllen Syd/Øst",
    "20303": "Østerbro - Århusgade Nord",
    "20304": "Østerbro - Århusgade Syd ",
    "20305": "Østerbro - Rosenvænget ",
    "20306": "Østerbro - Ny Ryvang ",
    "20307": "Østerbro - Nord",
    "20308": "Østerbro - Nordhavn ",
    "20309": "Østerbro - Lyngbyvej Vest ",
    "20310": "Østerbro - Lyngbyvej Øst/Klimakvarteret",
    "20311": "Østerbro - Fælled ",
    "20401": "Nørrebro - Blågårdskvarteret/Assistens/Rantzausgade",
    "20402": "Nørrebro - Guldbergskvarteret/Panum/Ravnsborggade ",
    "20403": "Nørrebro - Stefansgade/Nørrebroparken/Lundtoftegade ",
    "20404": "Nørrebro - Mimersgade-kvarteret/ Nørrebro St. ",
    "20405": "Nørrebro - Haraldsgade-kvarteret",
    "20501": "Vesterbro - Vest",
    "20502": "Vesterbro - Central ",
    "20503": "Vesterbro - Øst",
    "20504": "Vesterbro - Syd",
    "20601": "Kgs. Enghave - Bavnehøj",
    "20602": "Kgs. Enghave - Gl. Sydhavn",
    "20603": "Kgs. Enghave - Holmene",
    "20701": "Valby - Gl. Valby ",
    "20702": "Valby - Syd",
    "20703": "Valby - Ålholm",
    "20704": "Valby - Valby Sydvest ",
    "20705": "Valby - Vigerslev",
    "20801": "Vanløse - Jyllingevej Kvarter",
    "20802": "Vanløse - Jernbane Allé Kvarter",
    "20803": "Vanløse - Sallingvej Kvarter",
    "20804": "Vanløse - Grøndals Park Kvarter",
    "20901": "Brønshøj-Husum - Husum",
    "20902": "Brønshøj-Husum - Husum Nord",
    "20903": "Brønshøj-Husum - Tingbjerg ",
    "20904": "Brønshøj-Husum - Brønshøj",
    "20905": "Brønshøj-Husum - Bellahøj",
    "21001": "Bispebjerg - Emdrup ",
    "21002": "Bispebjerg- Ryparken-Lundehus",
    "21003": "Bispebjerg - Bispebjerg ",
    "21004": "Bispebjerg - Utterslev ",
    "21005": "Bispebjerg - Nordvest",
    "21101": "Amager Øst - Amagerbro Øst",
    "21102": "Amager Øst - Sundbyøster",
    "21103": "Amager Øst - Villakvartererne ",
    "21104": "Amager Øst - Nordøstamager",
    "21201": "Amager Vest - Amagerbro Vest",
    "21202": "Amager Vest - Bryggen Syd ",
    "21203": "Amager Vest - Faste Batteri",
    "21204": "Amager Vest - Gamle Bryggen",
    "21205": "Amager Vest - Grønjordssøen (Ørestad Nord and Vejlandskvarter)",
    "21206": "Amager Vest - Kolonihavekvarteret",
    "21207": "Amager Vest - Sundbyvester",
    "21208": "Amager Vest - Sundholmsvejs kvarteret ",
    "21209": "Amager Vest - Urbanplanen ",
    "21210": "Amager Vest - Ørestad City ",
    "21211": "Amager Vest - Ørestad Syd",
    "29999": "Neighborhood - Unlocated",
}

COMMITTEES_OF_DISTRICT = {
    "1001": ("2001", "2002"),
    "1002": ("2003",),
    "1003": ("2004",),
    "1004": ("2005", "2006"),
    "1005": ("2007",),
    "1006": ("2008",),
    "1007": ("2009",),
    "1008": ("2010",),
    "1009": ("2011",),
    "1010": ("2012",),
    "1099": ("2099",),
}


def neighbourhoods_of(committee: str) -> tuple[str, ...]:
    """List the neighbourhoods of a local committee: `201xx` lie in `2001`, `29999` in `2099`."""
    if committee == "2099":
        return ("29999",)
    prefix = "2" + committee[2:]
    return tuple(code for code in NEIGHBOURHOODS if code.startswith(prefix))
