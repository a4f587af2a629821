"""What the programs in bench/ stand on: photographs, peers, and how figures are told."""
