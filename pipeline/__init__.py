"""What we do: a pure core, and small edges to the network and the disk.

For notebooks: `from pipeline import allocate, count_population, load_population, run_quarter`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.notebook import allocate, count_population, load_population, run_quarter

__all__ = ["allocate", "count_population", "load_population", "run_quarter"]


def __dir__() -> list[str]:
    """Name the functions also before the first one is used."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Import the door for notebooks when it is first used: pandas takes half a second."""
    if name in __all__:
        from pipeline import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
