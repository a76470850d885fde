package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
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

// listenUnix listens at a socket in the file system. One that a dead server left behind is replaced; one that answers, or a file of
// another kind, is not.
func listenUnix(flag, path string, mode fs.FileMode) (net.Listener, error) {
	if st, err := os.Lstat(path); err == nil {
		if st.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s unix:%s: there is a file there that is no socket", flag, path)
		}
		c, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			_ = c.Close() // it was only asked
			return nil, fmt.Errorf("%s unix:%s: another server listens there", flag, path)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, cannot(flag, "unix:"+path, err)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	old := syscall.Umask(0o777 &^ int(mode.Perm())) // the socket never has more permissions than it shall
	ln, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		if errors.Is(err, syscall.EINVAL) {
			return nil, fmt.Errorf("%s unix:%s: the path is too long for a socket; the most is 107 bytes", flag, path)
		}
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("%s unix:%s: %w", flag, path, err)
	}
	return ln, nil
}
