package cases

import "github.com/shmap-go/shmap"

// experiments are all comparisons, in the order in which they are made: those that a quick run may have to leave out
// come last.
func experiments() []experiment {
	big := &largeMap{}
	return []experiment{
		{[]string{"int64/get/25K"}, integerGets(25_000)},
		{[]string{"int64/update/25K"}, integerUpdates(25_000)},
		{[]string{"int64/add/25K"}, integerAdds(25_000)},
		{[]string{"ttl/get/permanent", "ttl/get/deadline"}, deadlines(25_000)},
		{[]string{"string/get/short"}, stringGets("string/get/short", 25_000, short)},
		{[]string{"string/get/long"}, stringGets("string/get/long", 25_000, long)},
		{[]string{"string/append/short"}, stringAppends("string/append/short", 25_000, short)},
		{[]string{"string/append/long"}, stringAppends("string/append/long", 25_000, long)},
		{[]string{"string/store/short"}, stringStores("string/store/short", 25_000, short)},
		{[]string{"string/store/long"}, stringStores("string/store/long", 25_000, long)},
		{[]string{"cache/get/25K"}, cacheGets(shmap.PolicyClock, 25_000)},
		{[]string{"cache/get-s3/25K"}, cacheGets(shmap.PolicyS3, 25_000)},
		{[]string{"cache/store/25K"}, cacheStores(shmap.PolicyClock, 25_000)},
		{[]string{"cache/store-s3/25K"}, cacheStores(shmap.PolicyS3, 25_000)},
		{[]string{"procs/read/2", "procs/write/2", "procs/half/2"}, processes},
		{[]string{"procs/hot/2", "procs/hot-slowest/2"}, hotCounter},
		{[]string{"insert/10M"}, big.inserts},
		{[]string{"int64/get/10M", "int64/get-dependent/10M"}, big.gets},
		{[]string{"int64/loadmany/10M"}, big.batches},
		{[]string{"bytes/int64/10M"}, big.bytes},
		{[]string{"given-back/10M"}, big.givenBack},
		{[]string{"longest-store/10M", "p99.99-store/10M"}, big.latency},
		{[]string{"bytes/int32/10M", "bytes/int16/64K"}, narrow},
		{[]string{"gc/pause/10M", "gc/cpu/10M"}, collections},
		{[]string{"int64/get/1M"}, integerGets(1_000_000)},
		{[]string{"insert/1M"}, insertsOf(1_000_000)},
		{missCases(), misses},
		{[]string{"cache/get/1M"}, cacheGets(shmap.PolicyClock, 1_000_000)},
		{[]string{"cache/get-s3/1M"}, cacheGets(shmap.PolicyS3, 1_000_000)},
		{[]string{"cache/store/1M"}, cacheStores(shmap.PolicyClock, 1_000_000)},
		{[]string{"cache/store-s3/1M"}, cacheStores(shmap.PolicyS3, 1_000_000)},
		{sizeCases(), sizes},
		{[]string{"procs/read/1", "procs/write/1", "procs/half/1"}, alone},
		{scalingCases(), scaling},
	}
}
