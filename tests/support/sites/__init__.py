"""A simulator of sites: what runs on a database at an ordinary moment, with one fault or none, and who may be ended.

``description`` says what a site is (pure data, made from a seed), ``crews`` what its sessions do, ``stage`` plays sites
on real servers and runs the playbooks against them, ``oracle`` judges what came of it from the server's log and the
incident's events alone. Nothing here asks the product who is a culprit.
"""
