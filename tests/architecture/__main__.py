"""Print the house in numbers, and its rooms from the ground up."""

from __future__ import annotations

from itertools import groupby

from tests.architecture.house import doors, layers, numbers

for what, number in numbers().items():
    print(f"{number:10} {what}")
by_layer = sorted((layer, name) for name, layer in layers(doors()).items())
for layer, rooms in groupby(by_layer, key=lambda row: row[0]):
    print(f"layer {layer}: {', '.join(name for _, name in rooms)}")
