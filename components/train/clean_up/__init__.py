"""Clean-up of a trained scene: floaters and haze that photos speak against."""
