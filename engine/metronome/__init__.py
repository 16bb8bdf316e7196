"""Metronome's Data Export: its tables written from a workspace, and read back (spec/rating.md §14)."""
