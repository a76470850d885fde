/* A worker (see protocol.go) for LMDB, with the settings that make it fast and give up its durability: MDB_NOSYNC,
 * MDB_WRITEMAP, and one read transaction that is renewed. Arguments: directory, number, how many workers. */
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static MDB_env *env;
static MDB_dbi dbi;
static MDB_txn *reader;

struct entry { MDB_val key, value; };
static struct entry *entries;
static size_t count;

static void check(int rc, const char *what) {
	if (rc) {
		fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(rc));
		exit(1);
	}
}

static MDB_val text(const char *s) {
	MDB_val v = { strlen(s), strdup(s) };
	return v;
}

static void read_entries(const char *dir) {
	char path[4096], key[256], value[4096];
	snprintf(path, sizeof path, "%s/entries", dir);
	FILE *f = fopen(path, "r");
	if (!f) { perror(path); exit(1); }
	size_t room = 0;
	while (fscanf(f, "%255s %4095s", key, value) == 2) {
		if (count == room) entries = realloc(entries, (room = room ? 2 * room : 1024) * sizeof *entries);
		entries[count].key = text(key);
		entries[count++].value = text(value);
	}
	fclose(f);
}

static uint64_t sum;
static char copy[4096];

static void get(struct entry *e) {
	MDB_val v;
	check(mdb_txn_renew(reader), "renew");
	check(mdb_get(reader, dbi, &e->key, &v), "get");
	memcpy(copy, v.mv_data, v.mv_size);
	sum += v.mv_size + (unsigned char)copy[0];
	mdb_txn_reset(reader);
}

static void put(struct entry *e, MDB_val *value) {
	MDB_txn *txn;
	check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
	check(mdb_put(txn, dbi, &e->key, value, 0), "put");
	check(mdb_txn_commit(txn), "commit");
}

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv) {
	if (argc != 4) return 2;
	read_entries(argv[1]);
	size_t at = count / atoi(argv[3]) * atoi(argv[2]);

	check(mdb_env_create(&env), "create");
	check(mdb_env_set_mapsize(env, 1 << 28), "mapsize");
	check(mdb_env_open(env, argv[1], MDB_NOSYNC | MDB_WRITEMAP, 0600), "open");
	MDB_txn *txn;
	check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
	check(mdb_dbi_open(txn, NULL, 0, &dbi), "dbi");
	check(mdb_txn_commit(txn), "commit");
	check(mdb_txn_begin(env, NULL, MDB_RDONLY, &reader), "begin");
	mdb_txn_reset(reader);

	puts("ready");
	fflush(stdout);
	char line[256], op[16];
	int ms;
	while (fgets(line, sizeof line, stdin)) {
		if (!strcmp(line, "load\n")) {
			for (size_t i = 0; i < count; i++) put(&entries[i], &entries[i].value);
			puts("loaded");
		} else if (sscanf(line, "run %15s %d", op, &ms) == 2) {
			int read = !strcmp(op, "read"), write = !strcmp(op, "write");
			int64_t start = now(), end = start + (int64_t)ms * 1000000, t, n = 0;
			do {
				for (int i = 0; i < 64; i++) {
					struct entry *e = &entries[at];
					if (++at == count) at = 0;
					if (read || (!write && i % 2)) get(e);
					else put(e, &entries[at].value);
				}
				n += 64;
			} while ((t = now()) < end);
			printf("%lld %lld\n", (long long)n, (long long)(t - start));
		} else {
			fprintf(stderr, "lmdb: what is %s", line);
			return 2;
		}
		fflush(stdout);
	}
	return sum == 1; /* it is not; but the compiler cannot know */
}
