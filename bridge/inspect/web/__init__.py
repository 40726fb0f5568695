"""Stored runs in a browser: pages drawn by the server, read-only, on this machine alone unless told otherwise.

``app`` says which address is answered by which page; a page is a function of a request in ``pages/`` that asks the
store, and a template. ``guard`` stands before all of them, ``asked`` reads what came in, ``site`` is what pages share,
``words`` is how values are written. Nothing is fetched from elsewhere, no script stands in a page, and every page is
whole without the scripts of ``static/``.
"""
