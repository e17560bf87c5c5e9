"""The commands of `klynge`, a module each; heavy imports stand inside the functions."""
