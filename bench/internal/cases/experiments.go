package cases

// experiments are all comparisons, in the order in which they are made.
func experiments() []experiment {
	return []experiment{
		{[]string{"int64/get/25K"}, integerGets(25_000)},
		{[]string{"int64/get/1M"}, integerGets(1_000_000)},
		{[]string{"int64/update/25K"}, integerUpdates(25_000)},
		{[]string{"int64/add/25K"}, integerAdds(25_000)},
	}
}
