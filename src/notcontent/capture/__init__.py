"""Capturing a page without its pictures: a process of its own, which has no database and no key that opens anything."""
