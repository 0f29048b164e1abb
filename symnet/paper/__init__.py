"""Documents, and the formats that they are written in; nothing here knows of exercises."""
