"""Videos and animated pictures become fingerprints of their frames."""
