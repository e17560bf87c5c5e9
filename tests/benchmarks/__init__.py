"""How fast the product is, against a bound and beside something a reader can judge it by.

    python -m tests.benchmarks [RUNS]

Two commands of a pair run in turn, so that a busy machine slows both; the medians of their wall
times make the ratio. Peak memory is that of the whole process, as the operating system counts it.
"""
