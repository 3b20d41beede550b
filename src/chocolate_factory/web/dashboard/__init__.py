"""The dashboard: one page, rendered here first and kept current in the browser.

``page`` renders it; ``now``, ``prices`` and ``health`` turn the JSON of /dashboard/complete into what their section
shows; ``figures`` writes numbers and times, ``texts`` holds the words. Each has its counterpart of the same name under
``static/``, which does the same to the page in place; a test holds the two against each other.
"""
