"""`alzer bids`: the conventions of BIDS Apps for whole data sets."""
