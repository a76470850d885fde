// Package sys is Linux as a map needs it: one mechanism a file. It knows system calls and nothing of a map's bytes.
package sys
