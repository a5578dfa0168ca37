"""Laws of one thing over age: survival, state of health, failure of a pack, mileage."""
