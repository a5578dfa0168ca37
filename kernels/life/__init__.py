"""The exact law of one vehicle's life: packs, warranty, export, disposal, in expectation."""
