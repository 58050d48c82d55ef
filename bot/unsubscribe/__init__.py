"""Unsubscribing from emails with one click: https://www.rfc-editor.org/rfc/rfc8058."""
