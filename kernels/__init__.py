"""What is computed: pure numba functions over arrays and scalars."""
