"""Steps of the partners' tables."""
