"""Made-up platforms on which the search for successors of closed places is tried. Nothing here is a real place."""
