//go:build go1.24

package main

import (
	"crypto/ecdh"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// useECH hides the server's name, or reads names that are hidden. The file's list holds one configuration.
func useECH(config *tls.Config, file []byte, asServer bool) {
	blocks := map[string][]byte{}
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		blocks[block.Type] = block.Bytes
	}
	list := blocks["ECHCONFIG"]
	if !asServer {
		config.EncryptedClientHelloConfigList = list
		return
	}
	key := must(x509.ParsePKCS8PrivateKey(blocks["PRIVATE KEY"])).(*ecdh.PrivateKey)
	config.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{
		{Config: list[2:], PrivateKey: key.Bytes(), SendAsRetry: true},
	}
}

func isECHAccepted(state tls.ConnectionState) *bool {
	return &state.ECHAccepted
}

// withRetryConfigs tells what a server gave that could not read the name.
func withRetryConfigs(err error) error {
	var rejection *tls.ECHRejectionError
	if !errors.As(err, &rejection) {
		return err
	}
	configs := "none"
	if len(rejection.RetryConfigList) > 0 {
		configs = hex.EncodeToString(rejection.RetryConfigList)
	}
	return fmt.Errorf("%w; retry configurations: %s", err, configs)
}
