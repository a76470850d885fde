package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/shmap-go/shmap/internal/cli/serve"
	"github.com/spf13/cobra"
)

// dashboard is where shmap serve listens if nothing else is said.
const dashboard = "127.0.0.1:7070"

func newServe() *cobra.Command {
	o := serve.Options{SocketMode: 0o600}
	var tokenFile string
	cmd := &cobra.Command{
		Use:   "serve PATH... [--http ADDR] [--resp ADDR] [--allow-write]",
		Short: "Show maps in a browser, and let Redis clients use them",
		Long: `serve opens maps and answers for them until it is interrupted.

--http is a dashboard with live charts and a browser of entries, JSON under /api/maps, metrics for Prometheus at /metrics and
/healthz. --resp speaks the protocol of Redis, so that a program in any language on this machine can use maps of strings:
redis-cli -s /run/shmap.sock. SELECT 0 is the first PATH, SELECT 1 the second. Without either, --http ` + dashboard + ` is meant.

Nothing can be changed without --allow-write. ADDR is HOST:PORT, PORT (of 127.0.0.1) or unix:PATH. Whoever can reach an
address without a token can read the maps: every user of the machine for a port, the owner of the file for a socket.
With a token, HTTP wants "Authorization: Bearer TOKEN" or a login, and RESP wants AUTH TOKEN.

RESP commands: APPEND DECR DECRBY DEL EXISTS EXPIRE EXPIREAT FLUSHDB GET GETDEL GETEX GETSET INCR INCRBY KEYS MGET MSET
PERSIST PEXPIRE PEXPIREAT PSETEX PTTL SCAN SET SETEX SETNX STRLEN TOUCH TTL TYPE UNLINK, and CLIENT COMMAND CONFIG DBSIZE ECHO
HELLO INFO PING QUIT RESET SELECT. What a command does to one key is atomic over all processes that have the map open;
docs/SERVE.md has the particulars, and the exceptions.`,
		Example: `  shmap serve words.shmap
  shmap serve cache.shmap sessions.shmap --http 7070 --resp unix:/run/user/1000/shmap.sock --allow-write
  shmap serve cache.shmap --http 0.0.0.0:7070 --token-file /etc/shmap.token --allow-host cache.example.com`,
		Args:                  words(1, -1),
		DisableFlagsInUseLine: true,
	}
	f := cmd.Flags()
	f.StringVar(&o.HTTP, "http", "", "address of the dashboard, the JSON interface and the metrics")
	f.StringVar(&o.RESP, "resp", "", "address for Redis clients: unix:PATH, or of this machine")
	f.BoolVar(&o.Write, "allow-write", false, "let clients change the maps")
	f.StringVar(&o.Token, "token", "", "what clients have to say to be let in (others can see it in the list of processes)")
	f.StringVar(&tokenFile, "token-file", "", "file with the token")
	f.StringArrayVar(&o.Hosts, "allow-host", nil, "name under which browsers reach the dashboard, besides localhost and addresses; can be repeated")
	f.Var((*modeFlag)(&o.SocketMode), "socket-mode", "permissions of Unix sockets, in octal")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		o.Paths, o.Log = args, cmd.ErrOrStderr()
		if o.HTTP == "" && o.RESP == "" {
			o.HTTP = dashboard
		}
		if o.Token, err = token(cmd, o.Token, tokenFile); err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal does not wait
		return serve.Run(ctx, o)
	}
	return cmd
}

// token is what the flags say; "" if they say nothing.
func token(cmd *cobra.Command, said, file string) (string, error) {
	given := cmd.Flags().Changed
	switch {
	case given("token") && given("token-file"):
		return "", usage(cmd, "--token and --token-file say the same thing; use one")
	case given("token-file"):
		return serve.ReadToken(file)
	case given("token"):
		return said, serve.CheckToken(said)
	}
	return "", nil
}
