"""The platform to rehearse on: start and stop it, break it on command, judge what a runbook did about it."""
