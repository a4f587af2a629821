"""The desk: what helpline workers see."""
