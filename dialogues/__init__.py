"""What is said in the lobby and how it is judged: acts, grading, scenarios, personas, languages.

Pure: text in, judgement out. No clock, no database, no network.
"""
