"""The list in transit: entries, deltas, snapshots, heads, their signatures, and how to follow them."""
