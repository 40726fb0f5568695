"""The commands: what each takes, and which room does its work."""
