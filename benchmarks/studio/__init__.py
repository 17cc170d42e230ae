"""The studio in Chromium, everything real: server, copilot, browser. `python -m benchmarks studio` prints what an input
costs with few marks and with many, what a picture of 40 megapixels costs, what is fetched before the first edit, and a
table of what the studio must reach.
"""
