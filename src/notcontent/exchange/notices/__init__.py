"""Notices that the helpline sends to sites: drafted, checked, approved by a human, sent, and followed to the end."""
