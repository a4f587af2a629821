"""The process beside a platform: one upload in, one verdict out."""
