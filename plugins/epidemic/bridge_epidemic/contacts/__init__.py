"""Who meets whom: contacts between groups of people, and how many people there are."""
