package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// listenAll listens where the options say; nil where they say nothing. It fails before anything is answered.
func listenAll(o Options) (httpAt, respAt net.Listener, err error) {
	if o.HTTP != "" {
		if httpAt, err = listen("--http", o.HTTP, o.SocketMode, func(host string) error {
			if o.Token == "" {
				return fmt.Errorf("--http %s can be reached from other machines, so it needs --token-file FILE (or --token TOKEN)", o.HTTP)
			}
			return nil
		}); err != nil {
			return nil, nil, err
		}
	}
	if o.RESP != "" {
		if respAt, err = listen("--resp", o.RESP, o.SocketMode, func(string) error {
			return fmt.Errorf("--resp %s can be reached from other machines, which nothing encrypts; use unix:PATH or 127.0.0.1:PORT", o.RESP)
		}); err != nil && httpAt != nil {
			err = errors.Join(err, httpAt.Close())
		}
	}
	return httpAt, respAt, err
}

// listen listens at unix:PATH, or at HOST:PORT. A port alone is one of 127.0.0.1. An address that other machines can reach
// must be allowed.
func listen(flag, addr string, mode fs.FileMode, foreign func(host string) error) (net.Listener, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return listenUnix(flag, path, mode)
	}
	host, port, err := net.SplitHostPort(addr)
	if !strings.Contains(addr, ":") {
		port, err = addr, nil
	}
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || port != strconv.FormatUint(n, 10) {
		return nil, fmt.Errorf("%s %s: want HOST:PORT, PORT or unix:PATH", flag, addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ip, err := net.ResolveIPAddr("ip", host)
	if err != nil {
		return nil, fmt.Errorf("%s %s: there is no host %s", flag, addr, host)
	}
	if !ip.IP.IsLoopback() {
		if err := foreign(host); err != nil {
			return nil, err
		}
	}
	network := "tcp"
	if ip.IP.To4() != nil {
		network = "tcp4" // 0.0.0.0 does not mean [::] as well
	}
	ln, err := net.Listen(network, net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, cannot(flag, addr, err)
	}
	return ln, nil
}

// cannot says in one line why an address cannot be listened at.
func cannot(flag, addr string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s %s: something else listens there; choose another address", flag, addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s %s: permission denied; ports below 1024 are for root", flag, addr)
	}
	return fmt.Errorf("%s %s: %w", flag, addr, err)
}
