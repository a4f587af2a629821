"""The person's face: the page and the few routes it needs."""
