"""Labels that name the same thing in every study: chemistries, materials, recycling routes."""

CHEMISTRIES = ("NMC111", "NMC622", "NMC811", "NCA", "LFP")
MATERIALS = ("lithium", "nickel", "cobalt", "manganese", "aluminium", "copper", "steel", "graphite")
ROUTES = ("pyro", "hydro", "direct")  # smelting, leaching, and recovery of the cathode as it is
