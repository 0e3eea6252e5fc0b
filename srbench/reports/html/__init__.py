"""The report as one HTML file: Python that gathers what it says, scripts and styles that show it."""
