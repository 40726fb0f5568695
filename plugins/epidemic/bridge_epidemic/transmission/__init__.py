"""From a course of infection to generations: infectiousness, generation times, growth."""
