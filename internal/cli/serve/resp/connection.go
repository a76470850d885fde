package resp

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

func ping(c *client, a [][]byte) error {
	switch len(a) {
	case 1:
		c.simple("PONG")
	case 2:
		c.bulk(a[1])
	default:
		return arityError("ping")
	}
	return nil
}

func echo(c *client, a [][]byte) error {
	c.bulk(a[1])
	return nil
}

func quit(c *client, _ [][]byte) error {
	c.ok()
	c.quit = true
	return nil
}

func reset(c *client, _ [][]byte) error {
	c.reset()
	c.rename("")
	c.simple("RESET")
	return nil
}

func selectMap(c *client, a [][]byte) error {
	n, ok := number(a[1])
	switch {
	case !ok:
		return errInteger
	case n != int64(int32(n)):
		return reply("ERR value is out of range, value must between -2147483648 and 2147483647")
	case n < 0 || n >= int64(len(c.srv.maps.All)):
		return errIndex
	}
	c.m = c.srv.maps.All[n]
	c.ok()
	return nil
}

func auth(c *client, a [][]byte) error {
	if len(a) > 3 {
		return errSyntax
	}
	if c.srv.token == nil && len(a) == 2 {
		return reply("ERR AUTH <password> called without any password configured for the default user. " +
			"Are you sure your configuration is correct?")
	}
	user := []byte("default")
	if len(a) == 3 {
		user = a[1]
	}
	if err := c.login(user, a[len(a)-1]); err != nil {
		return err
	}
	c.ok()
	return nil
}

// login is right for the user default and the token, or any password where there is no token.
func (c *client) login(user, token []byte) error {
	if string(user) != "default" || c.srv.token != nil && !c.srv.knows(token) {
		return reply("WRONGPASS invalid username-password pair or user is disabled.")
	}
	c.known, c.in.stranger = true, false
	return nil
}

func hello(c *client, a [][]byte) error {
	proto := c.proto
	if len(a) > 1 {
		n, ok := number(a[1])
		switch {
		case !ok:
			return reply("ERR Protocol version is not an integer or out of range")
		case n < 2 || n > 3:
			return reply("NOPROTO unsupported protocol version")
		}
		proto = int(n)
		if err := c.introduce(a[2:]); err != nil {
			return err
		}
	}
	if !c.known {
		return reply("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
			"option can be used to authenticate the client and select the RESP protocol version at the same time")
	}
	c.proto = proto
	c.table(7)
	c.bulkText("server")
	c.bulkText("shmap")
	c.bulkText("version")
	c.bulkText(redisVersion)
	c.bulkText("proto")
	c.integer(int64(c.proto))
	c.bulkText("id")
	c.integer(c.id)
	c.bulkText("mode")
	c.bulkText("standalone")
	c.bulkText("role")
	c.bulkText("master")
	c.bulkText("modules")
	c.array(0)
	return nil
}

// introduce carries out the options of HELLO.
func (c *client) introduce(a [][]byte) error {
	var name []byte
	for len(a) > 0 {
		option := strings.ToLower(string(a[0]))
		switch {
		case option == "auth" && len(a) > 2:
			if err := c.login(a[1], a[2]); err != nil {
				return err
			}
			a = a[3:]
		case option == "setname" && len(a) > 1:
			if !printable(a[1]) {
				return errName
			}
			name, a = a[1], a[2:]
		default:
			return reply(fmt.Sprintf("ERR Syntax error in HELLO option '%s'", a[0]))
		}
	}
	if name != nil {
		c.rename(string(name))
	}
	return nil
}

const errName = reply("ERR Client names cannot contain spaces, newlines or special characters.")

// printable reports whether there are only visible characters of ASCII.
func printable(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

func clientCommands() []command {
	return []command{
		{"getname", 2, fast, noKeys, "c", "Name of this connection", clientGetName, nil},
		{"id", 2, fast, noKeys, "c", "Number of this connection", clientID, nil},
		{"info", 2, 0, noKeys, "c", "About this connection", clientInfo, nil},
		{"list", -2, 0, noKeys, "c", "About all connections", clientList, nil},
		{"no-evict", 3, 0, noKeys, "c", "Has no effect, connections are not evicted", clientFine, nil},
		{"setinfo", 4, fast, noKeys, "c", "Name the client's library: LIB-NAME or LIB-VER", clientSetInfo, nil},
		{"setname", 3, fast, noKeys, "c", "Name this connection", clientSetName, nil},
	}
}

// rename names the connection.
func (c *client) rename(name string) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	c.name = name
}

func clientGetName(c *client, _ [][]byte) error {
	c.maybe(c.name != "", []byte(c.name))
	return nil
}

func clientSetName(c *client, a [][]byte) error {
	if !printable(a[2]) {
		return errName
	}
	c.rename(string(a[2]))
	c.ok()
	return nil
}

func clientSetInfo(c *client, a [][]byte) error {
	option := strings.ToLower(string(a[2]))
	if option != "lib-name" && option != "lib-ver" {
		return reply("ERR Unrecognized option '" + string(a[2]) + "'")
	}
	if !printable(a[3]) {
		return reply("ERR " + option + " cannot contain spaces, newlines or special characters.")
	}
	if option == "lib-name" {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		c.library = string(a[3])
	}
	c.ok()
	return nil
}

func clientID(c *client, _ [][]byte) error {
	c.integer(c.id)
	return nil
}

func clientFine(c *client, _ [][]byte) error {
	c.ok()
	return nil
}

func clientInfo(c *client, _ [][]byte) error {
	c.srv.mu.Lock()
	line := c.line()
	c.srv.mu.Unlock()
	c.verbatim(line)
	return nil
}

func clientList(c *client, _ [][]byte) error {
	c.srv.mu.Lock()
	all := make([]*client, 0, len(c.srv.clients))
	for other := range c.srv.clients {
		all = append(all, other)
	}
	slices.SortFunc(all, func(a, b *client) int { return int(a.id - b.id) })
	var text strings.Builder
	for _, other := range all {
		text.WriteString(other.line())
	}
	c.srv.mu.Unlock()
	c.verbatim(text.String())
	return nil
}

// line describes the connection; srv.mu is held.
func (c *client) line() string {
	return fmt.Sprintf("id=%d addr=%s laddr=%s name=%s age=%d flags=N lib-name=%s\n", c.id, address(c.conn.RemoteAddr()), address(c.conn.LocalAddr()),
		c.name, int(time.Since(c.since).Seconds()), c.library)
}

// address is an address as one word: a client may bind its socket to a path of any bytes.
func address(a net.Addr) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, a.String())
}
