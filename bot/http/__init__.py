"""HTTP: connection limits, body reading, common responses, proxies."""
