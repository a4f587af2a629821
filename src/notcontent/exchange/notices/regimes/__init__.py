"""The laws behind a notice, one module each, behind one contract. They touch no file, socket, clock or database."""
