"""An emulator of Statistics Denmark's StatBank API, for tests and for trying things by hand.

It is written from the StatBank's documentation and from recorded answers, and knows nothing of the
client it tests. Each module says what in it is documented, what is recorded and what is inferred.
It holds two tables: FOLK1A in the national bank and KKBEF1 in the City of Copenhagen's (`s30`).

    with StatBankEmulator(since="2016K1", until="2023K1") as bank:
        requests.post(f"{bank.url}/data", json={"table": "FOLK1A", "format": "CSV"})
"""

from .faults import Fault
from .server import LoggedRequest, StatBankEmulator

__all__ = ["Fault", "LoggedRequest", "StatBankEmulator"]
