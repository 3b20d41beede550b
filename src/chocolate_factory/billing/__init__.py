"""What a kWh costs in a slot, what a month costs, what excess power costs. Pure: readings and tables in, euros out."""
