"""The pages of likely successors of closed places."""
