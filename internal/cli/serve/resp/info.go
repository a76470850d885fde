package resp

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// redisVersion is the version of Redis whose replies the commands were compared with.
const redisVersion = "7.0.15"

// section is one part of INFO.
type section struct {
	name string
	rows func(c *client) []row
}

type row struct {
	name  string
	value any
}

// info answers with all sections, or those that are named. redis_version is what clients look at to know what they may say.
func info(c *client, a [][]byte) error {
	var parts []string
	for _, s := range []section{{"Server", infoServer}, {"Clients", infoClients}, {"Memory", infoMemory}, {"Stats", infoStats},
		{"Replication", infoReplication}, {"Keyspace", infoKeyspace}} {
		asked := slices.ContainsFunc(a[1:], func(w []byte) bool {
			return slices.Contains([]string{"default", "all", "everything", strings.ToLower(s.name)}, strings.ToLower(string(w)))
		})
		if len(a) > 1 && !asked {
			continue
		}
		text := "# " + s.name + "\r\n"
		for _, r := range s.rows(c) {
			text += fmt.Sprintf("%s:%v\r\n", r.name, r.value)
		}
		parts = append(parts, text)
	}
	c.verbatim(strings.Join(parts, "\r\n"))
	return nil
}

func infoServer(c *client) []row {
	up := int(time.Since(c.srv.maps.Started).Seconds())
	version := "unknown"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		version = b.Main.Version
	}
	return []row{{"redis_version", redisVersion}, {"redis_mode", "standalone"}, {"server_name", "shmap"}, {"shmap_version", version},
		{"os", runtime.GOOS}, {"arch_bits", 64}, {"process_id", os.Getpid()}, {"uptime_in_seconds", up}, {"uptime_in_days", up / 86400}}
}

func infoClients(c *client) []row {
	return []row{{"connected_clients", c.srv.maps.Connections.Load()}, {"maxclients", maxClients}, {"blocked_clients", 0}}
}

// infoMemory reports the memory of the maps, not of this process.
func infoMemory(c *client) []row {
	used := uint64(0)
	var rows []row
	for _, m := range c.srv.maps.All {
		st, _ := m.Snapshot() // zeros of one that cannot be read
		used += st.FileBytes
		rows = append(rows, row{fmt.Sprintf("db%d_file_bytes", m.Number), st.FileBytes})
	}
	return append([]row{{"used_memory", used}, {"used_memory_human", human(used)}, {"maxmemory", c.m.Props.MaxBytes},
		{"maxmemory_policy", policy(c)}}, rows...)
}

// human is a number of bytes as Redis writes it.
func human(n uint64) string {
	f, unit := float64(n), "B"
	for _, u := range []string{"K", "M", "G", "T"} {
		if f < 1024 {
			break
		}
		f, unit = f/1024, u
	}
	if unit == "B" {
		return strconv.FormatUint(n, 10) + unit
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + unit
}

func policy(c *client) string { return c.m.Props.Policy.String() }

// infoStats adds up what the maps count, for all processes, and what this server counts.
func infoStats(c *client) []row {
	var hits, misses, expired, evicted uint64
	for _, m := range c.srv.maps.All {
		st, _ := m.Snapshot()
		hits, misses = hits+m.Hits.Load(), misses+m.Misses.Load()
		expired, evicted = expired+st.Expirations, evicted+st.Evictions
	}
	return []row{{"total_connections_received", c.srv.maps.Accepted.Load()}, {"total_commands_processed", c.srv.maps.Commands.Load()},
		{"expired_keys", expired}, {"evicted_keys", evicted}, {"keyspace_hits", hits}, {"keyspace_misses", misses}}
}

func infoReplication(*client) []row {
	return []row{{"role", "master"}, {"connected_slaves", 0}}
}

func infoKeyspace(c *client) (rows []row) {
	for _, m := range c.srv.maps.All {
		if st, _ := m.Snapshot(); st.Entries > 0 {
			rows = append(rows, row{fmt.Sprintf("db%d", m.Number), fmt.Sprintf("keys=%d,file=%s", st.Entries, m.Name())})
		}
	}
	return rows
}

// configGet answers for the settings that tools ask for.
func configGet(c *client, a [][]byte) error {
	var found []row
	for _, r := range []row{{"appendonly", "no"}, {"databases", len(c.srv.maps.All)}, {"maxclients", maxClients},
		{"maxmemory", c.m.Props.MaxBytes}, {"maxmemory-policy", policy(c)}, {"proto-max-bulk-len", maxBulk}, {"save", ""}, {"timeout", 0}} {
		if slices.ContainsFunc(a[2:], func(p []byte) bool { return glob(strings.ToLower(string(p)), r.name) }) {
			found = append(found, r)
		}
	}
	c.table(len(found))
	for _, r := range found {
		c.bulkText(r.name)
		c.bulkText(fmt.Sprint(r.value))
	}
	return nil
}
