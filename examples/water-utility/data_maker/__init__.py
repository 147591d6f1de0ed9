"""Makes the synthetic data of a city water company's customer service; see ../make_data.py."""
