"""Tests of letters in transit and of the helper's commands."""
