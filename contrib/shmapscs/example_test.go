package shmapscs_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/alexedwards/scs/v2"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmapscs"
)

// Sessions that all processes of a machine share.
func Example() {
	path := filepath.Join("/dev/shm", fmt.Sprint("example-sessions-", os.Getpid()))
	defer shmap.Unlink(path)

	store, err := shmapscs.Open(path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	sessionManager := scs.New()
	sessionManager.Store = store

	mux := http.NewServeMux()
	mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) {
		sessionManager.Put(r.Context(), "message", "Hello from a session!")
	})
	server := &http.Server{Handler: sessionManager.LoadAndSave(mux)}
	_ = server // ListenAndServe

	all, err := store.All()
	fmt.Println(len(all), err)
	// Output: 0 <nil>
}
