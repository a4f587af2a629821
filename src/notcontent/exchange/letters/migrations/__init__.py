"""Steps of the letters' tables."""
