"""Steps of the lists' tables."""
