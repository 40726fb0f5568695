"""How people look: the command line and what it prints."""
