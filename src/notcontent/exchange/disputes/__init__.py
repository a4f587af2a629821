"""Disputes: somebody says that an upload should not have been stopped. The most it does is that people look again."""
