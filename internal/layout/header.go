package layout

// The file, in order:
//
//	[0, 4096)            header
//	[4096, 69632)        participants, 16 bytes each
//	[69632, +S*4096)     shard headers, one page each
//	the rest             segments: the levels of the shards' vectors (type Vec), in the order they were first needed
//
// Everything is little-endian 64-bit words; offset 0 is nil.

// Sizes and limits.
const (
	Page            = 4096
	Magic           = 0x31_70_61_6d_68_73_00_89 // 0x89 0 "shmap1", read as a little-endian word
	Version         = 5
	MaxShards       = 1024
	MaxParticipants = 4096
	MaxString       = 1<<30 - 1 // bytes of one key or value
	MaxFile         = 1 << 46   // no offset is at or past this
	MaxBytes        = 1 << 40   // the largest limit on bytes
	MaxTTL          = 1 << 42   // milliseconds (139 years)
)

// Words of the header. Those up to HdrSum never change after creation.
const (
	HdrMagic      = 0
	HdrVersion    = 1  // format version
	HdrTypes      = 2  // see Config.types
	HdrSeed       = 3  // hash seed
	HdrMaxEntries = 4  // entries, 0 no limit
	HdrCapacity   = 5  // entries, 0 no limit
	HdrMaxBytes   = 6  // bytes, 0 no limit
	HdrTTL        = 7  // default TTL in milliseconds, 0 none
	HdrSum        = 8  // checksum of the words before it
	HdrState      = 16 // StateFreezing, StateFrozen, StateClean
	HdrDev        = 17 // identity of the file when it was last attached: device,
	HdrIno        = 18 // inode,
	HdrBootHi     = 19 // and boot
	HdrBootLo     = 20
	HdrClock      = 21 // map time minus boot time, milliseconds
	HdrSession    = 22 // counts the times that the file was attached while nobody else had it
	HdrSeal       = 23 // offset of the seal of a clean file, 0 for none
	HdrSpaceLock  = 24 // lock of the directories and leases; a cache line of its own
	HdrFlushShard = 32 // where the gradual removal of expired entries goes on
)

// Bits of HdrState.
const (
	StateFreezing = 1 << 0 // no operation may change the map any more
	StateFrozen   = 1 << 1 // and none is still doing so: readers need no validation, the file may be shipped
	StateClean    = 1 << 2 // closed by its last participant, and sealed: identity and boot need not match
)

// Words of the seal, the last page of a clean file.
const (
	SealMagic   = 0 // Magic
	SealSession = 1 // the HdrSession that it ends
)

// Offsets of what follows the header.
const (
	ParticipantsAt  = Page
	ParticipantSize = 16
	ShardsAt        = ParticipantsAt + MaxParticipants*ParticipantSize
)

// Words of a participant.
const (
	PartIncarnation = 0 // rises with every new holder of the number
	PartPID         = 1 // process id in its own namespace, for people to read
)

// ShardAt is the offset of the header of shard i. Every shard has a page, but the headers begin at 16 different lines of
// theirs: else the hot words of all of them would compete for the same sets of a processor's first-level cache.
func ShardAt(i int) uint64 { return ShardsAt + uint64(i)*Page + uint64(i%16)*lineSize }

// ShardSize is the size of a shard header.
const ShardSize = Page - 15*lineSize

// SegmentsAt is where the first segment may lie.
func SegmentsAt(shards int) uint64 { return ShardsAt + uint64(shards)*Page }

// Words of a shard header. Every word is written only by the holder of the shard's lock, except the lock itself and,
// where it says so, the leases. "Journaled" words change inside transactions and are undone with them.
const (
	ShLevel = 0 // level word: buckets in the low 32 bits, epoch in the high 32; journaled

	ShLock = 8 // lock word

	ShJournal = 16 // journal head

	ShCount         = 24 // entries; journaled, like all up to ShClassCount+Classes
	ShOverUsed      = 25 // overflow buckets in chains
	ShOverFree      = 26 // first free overflow bucket, index + 1
	ShOverBump      = 27 // overflow buckets ever used
	ShRecency       = 28 // newest entry in the low 32 bits, oldest in the high 32; of the policy s3: oldest entry of small
	ShChunkBump     = 29 // chunks ever used
	ShChunkFree     = 30 // free chunks that are backed: first in the low 32 bits, last in the high 32, index + 1
	ShChunkFreeLen  = 31 // their number
	ShChunkHoles    = 32 // first free chunk without memory, index + 1
	ShChunkHolesLen = 33 // their number
	ShDeadlines     = 34 // entries that have a deadline
	ShMain          = 35 // of the policy s3: entry at main's hand in the low 32 bits, entries in main in the high 32

	ShLease     = 40 // entries this shard may hold; raised and lowered under the space lock as well
	ShByteLease = 41 // bytes this shard may hold; likewise

	ShFlush    = 44 // position of the gradual removal of expired entries
	ShPunching = 45 // chunk, index + 1, whose memory is being given back or taken; journaled

	ShBacked = 48 // elements with memory behind them, one word a vector
	ShDirty  = 56 // elements that may have memory behind them: more than ShBacked while it is given back

	ShQuarTime = 64 // when the current quarantine epoch began, map time
	ShQuarTop  = 65 // most buckets seen in it
	ShQuarFree = 66 // fewest free chunks seen in it
	ShQuarBump = 67 // most ShChunkBump seen in it
	ShQuarOver = 68 // most ShOverBump seen in it

	ShEvictions   = 72 // statistics; not journaled
	ShExpirations = 73
	ShRecoveries  = 74
	ShLockWaits   = 75 // acquisitions of the lock that slept
	ShContended   = 76 // acquisitions that found it held, those that slept included
	ShLockSleeps  = 77 // times that they slept

	ShClass      = 96  // partly filled slabs of a size class: first in the low 32 bits, last in the high 32, index + 1
	ShClassCount = 144 // slabs of the class in the low 32 bits, their live blocks in the high 32
	ShDir        = 192 // directories of the vectors: Levels words each
)

// Vectors of a shard: growable arrays.
const (
	VecJournal = iota // journal entries
	VecMain           // buckets that hashes lead to
	VecOver           // overflow buckets
	VecMeta           // one record for each chunk
	VecChunk          // chunks of string storage
	Vecs
)

// Levels is the number of levels of a vector: level 0 holds its first 2^lg0 elements, level k > 0 the next 2^(lg0+k-1).
const Levels = 32

// Initial sizes.
const (
	FirstBuckets = 4 // buckets of an empty shard
	EntrySize    = 16
	MetaSize     = 16
	ChunkSize    = 64 << 10
	LgChunk      = 16
	MaxIndex     = 1 << 28 // buckets of a kind in one shard
	MaxIndexS3   = 1 << 26 // the same in a map with the policy s3
)

// Compile-time layout checks: a negative array length does not compile.
var (
	_ [ShardSize/8 - (ShDir + Vecs*Levels)]struct{}
	_ [ShDir - (ShClassCount + Classes)]struct{}
	_ [ShClassCount - (ShClass + Classes)]struct{}
	_ [RefMask - (MaxIndexS3*16 - 1)]struct{} // the last slot's Ref: 16 for each index, of which the last is no slot
)
