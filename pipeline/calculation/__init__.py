"""The pure core: membership, population, allocation, comparison; no clock, no network, no files."""
