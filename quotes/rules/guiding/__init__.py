"""Guided selling: questions, what is proposed for their answers, and what that changes on a quote."""
