"""The worker process: its loop, its jobs and their leases."""
