package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// visit is the client of shmap serve: for a while it gets the page of the map and the metrics once a second, and asks for a key
// over RESP now and then.
func visit(p *place, web, resp, d, every string, stdout io.Writer) error {
	turn, err := time.ParseDuration(d)
	if err != nil {
		return err
	}
	between, err := time.ParseDuration(every)
	if err != nil {
		return err
	}
	t, err := readText(p.textPath())
	if err != nil {
		return err
	}
	conn, err := patient(resp)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(turn + patience)); err != nil {
		return err
	}
	pages := &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return patient(web) },
	}}
	answers := bufio.NewReader(conn)
	start := time.Now()
	ticks, seconds := time.NewTicker(between), time.NewTicker(time.Second)
	defer ticks.Stop()
	defer seconds.Stop()
	if err := scrape(pages); err != nil {
		return err
	}
	gets, scrapes := 0, 1
	for time.Since(start) < turn {
		select {
		case <-seconds.C:
			err = scrape(pages)
			scrapes++
		case <-ticks.C:
			err = get(conn, answers, t, rand.IntN(entries))
			gets++
		}
		if err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "%d keys asked for, %d scrapes\n", gets, scrapes)
	return err
}

// patience is how long something may take that should take next to nothing.
const patience = 20 * time.Second

// patient connects to a socket that may not be there yet.
func patient(path string) (net.Conn, error) {
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", path)
		if err == nil || time.Since(start) > patience {
			return conn, err
		}
	}
}

func scrape(c *http.Client) error {
	for path, want := range map[string]string{"/maps/0": "<html", "/metrics": "shmap_up"} {
		answer, err := c.Get("http://localhost" + path)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err == nil && (answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want)) {
			err = fmt.Errorf("%s, no %q in %d bytes", answer.Status, want, len(body))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// get asks for key i, which may be absent unless it is one of those that are kept.
func get(w io.Writer, r *bufio.Reader, t text, i int) error {
	if _, err := fmt.Fprintf(w, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", width, t.key(i)); err != nil {
		return err
	}
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "$-1" && i >= kept {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(line, "$"))
	if err != nil || n < 0 || n > longest {
		return fmt.Errorf("GET %s is answered by %q", t.key(i), line)
	}
	v := make([]byte, n+2)
	if _, err := io.ReadFull(r, v); err != nil {
		return err
	}
	if !t.is(i, v[:n]) {
		return fmt.Errorf("GET %s is answered by %q", t.key(i), v)
	}
	return nil
}
