"""Steps of the cases' tables."""
