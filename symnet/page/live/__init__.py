"""The live folder: symnet itself in a browser, as static files that ask nothing of any other host.

folder      gathers the files: those below, Pyodide as npm has it, and wheels of symnet and what it needs
wheels      an installed package as a wheel
inside      runs commands in the browser's Python; everything the page shows comes from it

index.html and live.js are the page, worker.mjs and python.mjs the Python beside it, frame.html what sheets are shown
in, offline.js what serves the files when there is no network; snapshot.mjs keeps Python's memory once all is imported.
"""
