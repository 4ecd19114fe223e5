//go:build !go1.24

package main

import (
	"crypto/tls"
	"errors"
)

func useECH(*tls.Config, []byte, bool) {
	fail(errors.New("this version of Go has no ECH on both sides"))
}

func isECHAccepted(tls.ConnectionState) *bool {
	return nil
}

func withRetryConfigs(err error) error {
	return err
}
