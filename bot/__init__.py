"""What people touch: Telegram, the terminal, the command line, pictures, settings."""
