// Prints the credentials that go-containerregistry finds for each registry in the arguments, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

func main() {
	for _, argument := range os.Args[1:] {
		registry, err := name.NewRegistry(argument)
		if err != nil {
			fail(err)
		}
		authenticator, err := authn.DefaultKeychain.Resolve(registry)
		if err != nil {
			fail(err)
		}
		config, err := authenticator.Authorization()
		if err != nil {
			fail(err)
		}
		json.NewEncoder(os.Stdout).Encode([]string{config.Username, config.Password, config.IdentityToken})
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
