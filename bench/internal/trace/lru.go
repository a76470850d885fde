package trace

import "container/list"

// LRU is the cache that evicts the key whose last request is longest ago.
type LRU struct {
	capacity int
	order    *list.List // of keys, the latest first
	at       map[int64]*list.Element
}

// NewLRU makes an empty LRU.
func NewLRU(capacity int) *LRU {
	return &LRU{capacity, list.New(), map[int64]*list.Element{}}
}

// Get implements Cache.
func (l *LRU) Get(k int64) bool {
	if e, ok := l.at[k]; ok {
		l.order.MoveToFront(e)
		return true
	}
	if l.order.Len() == l.capacity {
		delete(l.at, l.order.Remove(l.order.Back()).(int64))
	}
	l.at[k] = l.order.PushFront(k)
	return false
}
