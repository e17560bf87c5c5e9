"""What we do: a pure core, and small edges to the network and the disk."""
