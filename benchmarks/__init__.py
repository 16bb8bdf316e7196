"""Benchmarks: events landed per second, metering against three other engines, whole runs. See README.md."""
