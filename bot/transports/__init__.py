"""The ways to reach people: one folder each."""
