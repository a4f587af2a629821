"""Recognise a picture that is shared without consent, without anyone being handed the picture."""
