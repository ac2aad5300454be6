"""How captum's methods are asked about a node. Needs torch, which the declarations beside this folder do without."""
