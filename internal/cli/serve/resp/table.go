package resp

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// trait says what kind of command one is.
type trait uint8

const (
	write  trait = 1 << iota // needs the right to write
	read                     // reads the map
	fast                     // takes the same time in every map
	noAuth                   // may be said before the token
)

// command is one command. Words are counted with its name; a negative number is the least.
type command struct {
	name    string
	arity   int
	flags   trait
	keys    [3]int // first key, last, step; as COMMAND reports them
	group   string
	summary string
	run     func(*client, [][]byte) error
	subs    []command
}

var (
	noKeys    = [3]int{}
	oneKey    = [3]int{1, 1, 1}
	someKeys  = [3]int{1, -1, 1}
	everySnd  = [3]int{1, -1, 2}
	groupText = map[string]string{"s": "string", "g": "generic", "c": "connection", "v": "server"}
)

// commands are all commands, by group.
func commands() []command {
	return []command{
		{"append", 3, write | fast, oneKey, "s", "Append to a value", appendTo, nil},
		{"decr", 2, write | fast, oneKey, "s", "Subtract 1 from an integer", decr, nil},
		{"decrby", 3, write | fast, oneKey, "s", "Subtract from an integer", decrby, nil},
		{"get", 2, read | fast, oneKey, "s", "Read a value", get, nil},
		{"getdel", 2, write | fast, oneKey, "s", "Read a value and delete the key", getdel, nil},
		{"getex", -2, write | fast, oneKey, "s", "Read a value and change its deadline", getex, nil},
		{"getset", 3, write | fast, oneKey, "s", "Read a value and write another", getset, nil},
		{"incr", 2, write | fast, oneKey, "s", "Add 1 to an integer", incr, nil},
		{"incrby", 3, write | fast, oneKey, "s", "Add to an integer", incrby, nil},
		{"mget", -2, read | fast, someKeys, "s", "Read several values", mget, nil},
		{"mset", -3, write, everySnd, "s", "Write several values", mset, nil},
		{"psetex", 4, write, oneKey, "s", "Write a value with a time to live in milliseconds", setFor(px, "psetex"), nil},
		{"set", -3, write, oneKey, "s", "Write a value", set, nil},
		{"setex", 4, write, oneKey, "s", "Write a value with a time to live in seconds", setFor(ex, "setex"), nil},
		{"setnx", 3, write | fast, oneKey, "s", "Write a value if there is none", setnx, nil},
		{"strlen", 2, read | fast, oneKey, "s", "Length of a value", strlen, nil},

		{"del", -2, write, someKeys, "g", "Delete keys", del, nil},
		{"exists", -2, read | fast, someKeys, "g", "Count the keys that are there", exists, nil},
		{"expire", -3, write | fast, oneKey, "g", "Set a time to live in seconds", expire(ex, "expire"), nil},
		{"expireat", -3, write | fast, oneKey, "g", "Set a deadline in seconds since 1970", expire(exat, "expireat"), nil},
		{"keys", 2, read, noKeys, "g", "All keys that match a pattern", keys, nil},
		{"persist", 2, write | fast, oneKey, "g", "Remove the deadline", persist, nil},
		{"pexpire", -3, write | fast, oneKey, "g", "Set a time to live in milliseconds", expire(px, "pexpire"), nil},
		{"pexpireat", -3, write | fast, oneKey, "g", "Set a deadline in milliseconds since 1970", expire(pxat, "pexpireat"), nil},
		{"pttl", 2, read | fast, oneKey, "g", "Time to live in milliseconds", ttl(time.Millisecond), nil},
		{"scan", -2, read, noKeys, "g", "Keys, some at a time", scan, nil},
		{"touch", -2, read | fast, someKeys, "g", "Count the keys that are there, as an access", touch, nil},
		{"ttl", 2, read | fast, oneKey, "g", "Time to live in seconds", ttl(time.Second), nil},
		{"type", 2, read | fast, oneKey, "g", "Type of a value: string", typeOf, nil},
		{"unlink", -2, write | fast, someKeys, "g", "Delete keys", del, nil},

		{"auth", -2, noAuth | fast, noKeys, "c", "Say the token", auth, nil},
		{"client", -2, 0, noKeys, "c", "Commands about connections", nil, clientCommands()},
		{"echo", 2, fast, noKeys, "c", "Say the same", echo, nil},
		{"hello", -1, noAuth | fast, noKeys, "c", "Pick the version of the protocol", hello, nil},
		{"ping", -1, fast, noKeys, "c", "Say PONG", ping, nil},
		{"quit", -1, noAuth | fast, noKeys, "c", "Close the connection", quit, nil},
		{"reset", 1, noAuth | fast, noKeys, "c", "Make the connection as new", reset, nil},
		{"select", 2, fast, noKeys, "c", "Pick the map by its place on the command line, from 0", selectMap, nil},

		{"command", -1, 0, noKeys, "v", "Commands about commands", commandAll, commandCommands()},
		{"config", -2, 0, noKeys, "v", "Commands about settings", nil, []command{
			{"get", -3, 0, noKeys, "v", "Settings that match a pattern", configGet, nil},
		}},
		{"dbsize", 1, read | fast, noKeys, "v", "Number of keys", dbsize, nil},
		{"flushdb", -1, write, noKeys, "v", "Delete all keys of the map", flushdb, nil},
		{"info", -1, 0, noKeys, "v", "About the server and its maps", info, nil},
	}
}

func arityError(name string) reply {
	return reply("ERR wrong number of arguments for '" + name + "' command")
}

// fits reports whether a command of so many words has as many as it needs.
func (d *command) fits(words int) bool {
	return d.arity > 0 && words == d.arity || d.arity < 0 && words >= -d.arity
}

// find returns the command that words begin with.
func (s *Server) find(words [][]byte) (*command, error) {
	d := s.lookup(string(words[0]))
	if d == nil {
		return nil, unknown(words)
	}
	name := d.name
	if len(words) > 1 && len(d.subs) > 0 {
		sub := d.sub(string(words[1]))
		if sub == nil {
			return nil, reply(fmt.Sprintf("ERR unknown subcommand '%.128s'. Try %s HELP.", words[1], strings.ToUpper(d.name)))
		}
		name, d = d.name+"|"+sub.name, sub
	}
	if !d.fits(len(words)) || d.run == nil {
		return nil, arityError(name)
	}
	return d, nil
}

func (s *Server) lookup(name string) *command {
	if i, ok := s.index[strings.ToLower(name)]; ok {
		return &s.commands[i]
	}
	return nil
}

// sub is a subcommand. Every command that has some has also HELP.
func (d *command) sub(name string) *command {
	name = strings.ToLower(name)
	for i := range d.subs {
		if d.subs[i].name == name {
			return &d.subs[i]
		}
	}
	if name == "help" {
		return &command{name: "help", arity: 2, run: d.help}
	}
	return nil
}

func (d *command) help(c *client, _ [][]byte) error {
	c.array(2*len(d.subs) + 1)
	c.simple(strings.ToUpper(d.name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, sub := range d.subs {
		c.simple(strings.ToUpper(sub.name))
		c.simple("    " + sub.summary + ".")
	}
	return nil
}

// unknown is the error for a command that there is not, with how its words begin.
func unknown(words [][]byte) reply {
	var args bytes.Buffer
	for _, w := range words[1:] {
		if args.Len() >= 128 {
			break
		}
		fmt.Fprintf(&args, "'%s' ", w[:min(len(w), 128-args.Len())])
	}
	return reply(fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", words[0][:min(len(words[0]), 128)], args.Bytes()))
}

// names of flags, for COMMAND.
func (d *command) flagNames() []string {
	var names []string
	for _, f := range []struct {
		flag trait
		name string
	}{{write, "write"}, {read, "readonly"}, {fast, "fast"}, {noAuth, "no_auth"}} {
		if d.flags&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// about is how COMMAND describes a command.
func (d *command) about(c *client) {
	c.array(10)
	c.bulkText(d.name)
	c.integer(int64(d.arity))
	names := d.flagNames()
	c.set(len(names))
	for _, n := range names {
		c.simple(n)
	}
	for _, k := range d.keys {
		c.integer(int64(k))
	}
	c.set(0)   // categories of access control
	c.set(0)   // tips
	c.array(0) // where keys are found
	c.array(0) // subcommands
}

func commandCommands() []command {
	return []command{
		{"count", 2, fast, noKeys, "v", "Number of commands", commandCount, nil},
		{"docs", -2, 0, noKeys, "v", "Summaries of commands", commandDocs, nil},
		{"info", -2, 0, noKeys, "v", "Forms of commands", commandInfo, nil},
		{"list", 2, 0, noKeys, "v", "Names of commands", commandList, nil},
	}
}

func commandAll(c *client, _ [][]byte) error {
	all := c.srv.commands
	c.array(len(all))
	for i := range all {
		all[i].about(c)
	}
	return nil
}

func commandCount(c *client, _ [][]byte) error {
	c.integer(int64(len(c.srv.commands)))
	return nil
}

func commandList(c *client, _ [][]byte) error {
	all := c.srv.commands
	c.array(len(all))
	for i := range all {
		c.bulkText(all[i].name)
	}
	return nil
}

func commandInfo(c *client, a [][]byte) error {
	if len(a) == 2 {
		return commandAll(c, a)
	}
	c.array(len(a) - 2)
	for _, name := range a[2:] {
		if d := c.srv.lookup(string(name)); d != nil {
			d.about(c)
		} else {
			c.null()
		}
	}
	return nil
}

func commandDocs(c *client, a [][]byte) error {
	var found []*command
	for i := range c.srv.commands {
		d := &c.srv.commands[i]
		asked := slices.ContainsFunc(a[2:], func(name []byte) bool { return strings.EqualFold(string(name), d.name) })
		if len(a) == 2 || asked {
			found = append(found, d)
		}
	}
	c.table(len(found))
	for _, d := range found {
		c.bulkText(d.name)
		c.table(2)
		c.bulkText("summary")
		c.bulkText(d.summary)
		c.bulkText("group")
		c.bulkText(groupText[d.group])
	}
	return nil
}
