"""Pictures of a drawing: SVG for pages, Typst and notebooks, TikZ for TeX, PNG and PDF by Matplotlib."""
