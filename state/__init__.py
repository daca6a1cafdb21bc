"""Where a session stands: the customer's machine, the session, the drill, the store."""
