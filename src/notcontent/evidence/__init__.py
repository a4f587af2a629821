"""Evidence as bytes (docs/spec/evidence.md): records, manifests, timestamps, and the folder a court is given."""
