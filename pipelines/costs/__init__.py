"""Forecast of time, Gaussians, GPU memory and dollars, and the prices that forecast and ledger use."""
