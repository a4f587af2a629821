"""An upload seen in several ways, so that a copy is found inside a frame, a screenshot or a collage."""
