"""The raw store of answers: accepted, kept, verified, read."""
