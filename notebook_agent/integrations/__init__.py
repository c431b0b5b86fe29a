"""What works with other packages; each module needs its own, which loads when it is used."""
