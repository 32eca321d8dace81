"""From an alert to the notices it makes: who is told, when, and what of it. How it is sent is the bridges' matter."""
