"""Words typed in a terminal."""
