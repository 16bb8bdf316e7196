"""The Metronome objects of a workspace, validated, and their loaders."""
