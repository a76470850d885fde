package shmapfiber_test

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/session"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmapfiber"
)

// Sessions that all workers share, with or without EnablePrefork.
func Example() {
	path := filepath.Join("/dev/shm", fmt.Sprint("example-fiber-", os.Getpid()))
	defer shmap.Unlink(path)

	storage, err := shmapfiber.Open(path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer storage.Close()
	app := fiber.New()
	app.Use(session.New(session.Config{Storage: storage}))
	app.Get("/", func(c fiber.Ctx) error {
		sess := session.FromContext(c)
		visits, _ := sess.Get("visits").(int)
		sess.Set("visits", visits+1)
		return c.SendString(fmt.Sprint("visit ", visits+1))
	}) // and then app.Listen(":3000", fiber.ListenConfig{EnablePrefork: true})

	request := httptest.NewRequest("GET", "/", nil)
	for range 2 {
		answer, err := app.Test(request)
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		fmt.Println(string(body))
		for _, c := range answer.Cookies() {
			request.AddCookie(c)
		}
	}
	// Output:
	// visit 1
	// visit 2
}
