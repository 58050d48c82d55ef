"""What people do in Slack: the endpoint, the commands and the Home tab."""
