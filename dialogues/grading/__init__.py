"""From a reply's words to its acts, and from a session's turns to its scorecard."""
