// Command shmap works on shared-memory maps from a shell: see shmap --help.
package main

import (
	"os"

	"github.com/shmap-go/shmap/internal/cli"
)

func main() { os.Exit(cli.Main()) }
