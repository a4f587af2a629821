"""The pages of likely successors of closed places. In English so far."""
