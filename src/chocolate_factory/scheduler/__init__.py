"""The timetable as data, and the runner that keeps it."""
