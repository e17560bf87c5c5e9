"""Every door that data come in by, with mutated data before it: `python -m tests.fuzzing`.

A case is a door, a seed and a number, which make the same data each time. It is refused with a
message and an exit code, or it is accepted; then the kroner that come of it must be those that an
oracle works out, which reads the same data by itself.
"""
