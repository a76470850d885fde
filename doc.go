// Package shmap is a hash map in shared memory: any number of processes open one file, or pass one descriptor, and
// read and write the same map at the speed of memory. A process that is killed in the middle of a write, at any
// instruction, leaves the map whole: that write happened entirely or not at all, and the others go on at once.
//
//	m, err := shmap.Open[string, int64]("/dev/shm/hits", shmap.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	n, err := shmap.Add(m, "/index.html", 1)
//
// # Types
//
// A [Map] has a [Key] type and a [Value] type: any type whose underlying type is int16, int32, int64, uint16,
// uint32, uint64 or string; values may be []byte too. The types are part of the file. Attaching with others fails
// with [ErrTypeMismatch], which names both; defined types (type UserID int64) match the type they are made of, and
// string and []byte values are the same thing in the file. Keys and values are copied in and out: nothing that a
// method returns points into the shared memory.
//
// # Where a map lives
//
// [Open] opens or creates a file; on a tmpfs such as /dev/shm it is memory alone, on a disk the kernel writes it
// back in its own time ([Map.Sync] waits for that). [Anonymous] creates a map without a name, and [Map.File] hands
// it to other processes, which attach it with [FromFD]. A map grows and shrinks with its content; no size has to
// be guessed. Limits are optional: [Options] has MaxEntries and MaxBytes to refuse, and Capacity to evict.
//
// The properties of a map are fixed when it is made. Whoever opens it later gets them as they are stored, whatever
// their Options say ([Map.Options] tells); only ReadOnly, LockTimeout and CountHits belong to the handle.
//
// # Concurrency
//
// All methods of a Map may be called by any number of goroutines and processes at once ([Cursor] is for one
// goroutine). Each operation on one key is atomic and takes effect at one moment between call and return; what a
// read has returned is never taken back. Reads take no lock and wait for no writer, be it dead or stopped. Writers
// of one shard (a part of the map that a key's hash selects) wait for each other, as long as it takes or up to
// Options.LockTimeout. The lock of a dead process is taken over and what it left half done is repaired by whoever
// comes next, without any action of yours; Stats().Recoveries counts how often.
//
// The many-forms ([Map.StoreMany], [Map.LoadMany], [Map.DeleteMany], [Map.Clear]) are a series of such operations.
// [Map.StoreManyAtomic] and [Map.DeleteManyAtomic] are one operation or none.
//
// Iteration ([Map.All], [Map.Keys], [Map.Values], [Map.Cursor]) returns every entry that is there throughout
// exactly once, while anybody stores, deletes, and makes the map grow or shrink. No lock is held while your code
// runs, so a loop may change the map it walks over.
//
// # Deadlines
//
// A map made with a default TTL, or with EnableTTL, keeps a deadline for each entry. An entry whose deadline has
// passed is absent for every operation. Operations that write an entry give it the default TTL again, unless it is
// permanent: then it stays permanent. The forms with an explicit duration ([Map.StoreTTL] and its like) set what
// they say. Deadlines do not move when the wall clock is set, and hold over a reboot. On other maps the operations
// that set deadlines return [ErrNoTTL].
//
// # Eviction
//
// With Options.Capacity a new entry in a full map takes the place of an old one. The policy [PolicyClock] keeps
// entries in order of their last write and gives one that was read since a second chance. [PolicyS3] keeps new
// entries on trial, and the proven ones by how often they are used: choose it for a cache that scans and loops pass
// through. With Options.Shards 1 the order is exact; with more it is exact in each shard. [Map.PopOldest],
// [Map.PopNewest] and [Map.Drain] take entries by the same order; of PolicyS3 that is the proven ones first, each
// kind from the next to be judged.
//
// # Errors
//
// Mutations return an error as their last result and have then changed nothing (the many-forms say how far they
// came). Test with [errors.Is] for the sentinels of this package; [TypeMismatchError] and [CorruptError] carry
// detail; failures of files are [*io/fs.PathError]. Load, Has, Len and their like have no error result: they
// report a closed or corrupt map as empty. Where that is not good enough, [Map.TryLoad] and [Cursor.Next] say it.
//
// # Limits
//
// Linux on a 64-bit machine, amd64 or arm64. A string is at most 1 GiB - 1 bytes, a map at most 2^40 bytes, and
// 1,024 handles may be attached for writing at once. Durability is that of the file system: a killed process loses
// nothing, a power cut may lose what was not yet synced, and the damage is noticed when the file is opened again
// ([ErrUnclean] or a repair). Whoever may write the file can change everything in it: see SECURITY.md.
//
// docs/DESIGN.md explains how it works, docs/FORMAT.md is the file format, docs/CONCURRENCY.md the locks.
package shmap
