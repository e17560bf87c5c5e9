"""Reports as written: their names, their manifest, the immutable store, and replay."""
