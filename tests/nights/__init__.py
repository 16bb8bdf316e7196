"""The unattended night."""
