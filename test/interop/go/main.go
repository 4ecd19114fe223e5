// The Go side of the interop matrix: one connection of TLS 1.3 or 1.2 with crypto/tls, as client or as server, told by flags.
// The server prints "listening PORT"; both end by printing one line of JSON about the connection. Standard library only.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

type account struct {
	Version           string  `json:"version"`
	Suite             string  `json:"suite"`
	ALPN              *string `json:"alpn"`
	ClientCertificate bool    `json:"clientCertificate"`
	ECHAccepted       *bool   `json:"echAccepted,omitempty"`
	Stapled           *bool   `json:"stapled,omitempty"`
	ChannelBinding    string  `json:"channelBinding"`
	Ending            string  `json:"ending"`
}

func main() {
	var (
		role     = flag.String("role", "", "client or server")
		port     = flag.String("port", "0", "port on 127.0.0.1")
		name     = flag.String("name", "localhost", "server name")
		chain    = flag.String("chain", "", "PEM file of our certificate chain")
		key      = flag.String("key", "", "PEM file of our key")
		root     = flag.String("root", "", "PEM file of the root of the other side's chain")
		groups   = flag.String("groups", "", "code points, comma-separated")
		schemes  = flag.String("schemes", "", "code points our key may sign with, comma-separated")
		version  = flag.String("version", "13", "13 or 12")
		suites   = flag.String("suites", "", "code points for TLS 1.2, comma-separated")
		ech      = flag.String("ech", "", "PEM file of an ECHConfigList; on the server with its key")
		staple   = flag.String("staple", "", "file with an OCSP response to staple")
		alpn     = flag.String("alpn", "", "protocols, comma-separated")
		payload  = flag.String("payload", "", "file with what the client sends")
		closer   = flag.String("closer", "client", "who closes first")
		deadline = flag.Duration("deadline", 15*time.Second, "for everything")
	)
	flag.Parse()
	time.AfterFunc(*deadline, func() { fail(errors.New("deadline reached")) })
	data := must(os.ReadFile(*payload))
	config := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		CurvePreferences:       numbers[tls.CurveID](*groups),
		ServerName:             *name,
	}
	if *version == "12" {
		config.MinVersion = tls.VersionTLS12
		config.MaxVersion = tls.VersionTLS12
		config.CipherSuites = numbers[uint16](*suites)
	}
	if *alpn != "" {
		config.NextProtos = strings.Split(*alpn, ",")
	}
	if *chain != "" {
		identity := must(tls.LoadX509KeyPair(*chain, *key))
		identity.SupportedSignatureAlgorithms = numbers[tls.SignatureScheme](*schemes)
		if *staple != "" {
			identity.OCSPStaple = must(os.ReadFile(*staple))
		}
		config.Certificates = []tls.Certificate{identity}
	}
	if *root != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(must(os.ReadFile(*root)))
		config.RootCAs = pool
		config.ClientCAs = pool
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *ech != "" {
		useECH(config, must(os.ReadFile(*ech)), *role == "server")
	}
	if *role == "server" {
		serve(config, *port, data, *closer)
	} else {
		connect(config, *port, data, *closer)
	}
}

func serve(config *tls.Config, port string, payload []byte, closer string) {
	listener := must(net.Listen("tcp", "127.0.0.1:"+port))
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	connection := tls.Server(must(listener.Accept()), config)
	check(connection.Handshake())
	received := make([]byte, 0, len(payload))
	buffer := make([]byte, 16384)
	for len(received) < len(payload) {
		n := must(connection.Read(buffer))
		received = append(received, buffer[:n]...)
		must(connection.Write(buffer[:n]))
	}
	compare(received, payload)
	finish(connection, closer == "server")
}

func connect(config *tls.Config, port string, payload []byte, closer string) {
	connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
	if err != nil {
		fail(withRetryConfigs(err))
	}
	go func() { must(connection.Write(payload)) }()
	answer := make([]byte, len(payload))
	must(io.ReadFull(connection, answer))
	compare(answer, payload)
	finish(connection, closer == "client")
}

// finish closes both ways and tells what the connection was.
func finish(connection *tls.Conn, first bool) {
	state := connection.ConnectionState()
	binding := must(state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32))
	result := account{
		Version:           "TLSv1.3",
		Suite:             tls.CipherSuiteName(state.CipherSuite),
		ClientCertificate: len(state.PeerCertificates) > 0,
		ECHAccepted:       isECHAccepted(state),
		ChannelBinding:    hex.EncodeToString(binding),
		Ending:            "close_notify",
	}
	if state.Version == tls.VersionTLS12 {
		result.Version = "TLSv1.2"
	} else if state.Version != tls.VersionTLS13 {
		result.Version = fmt.Sprintf("0x%04x", state.Version)
	}
	// A server is not told of its own.
	if stapled := len(state.OCSPResponse) > 0; stapled {
		result.Stapled = &stapled
	}
	if state.NegotiatedProtocol != "" {
		result.ALPN = &state.NegotiatedProtocol
	}
	if first {
		check(connection.CloseWrite())
	}
	// Read answers io.EOF for close_notify and io.ErrUnexpectedEOF for a stream cut short.
	if _, err := connection.Read(make([]byte, 1)); errors.Is(err, io.ErrUnexpectedEOF) {
		result.Ending = "truncated"
	} else if !errors.Is(err, io.EOF) {
		fail(fmt.Errorf("at the end of the stream: %v", err))
	}
	if !first {
		check(connection.CloseWrite())
	}
	check(connection.Close())
	check(json.NewEncoder(os.Stdout).Encode(result))
}

func compare(got, wanted []byte) {
	if !bytes.Equal(got, wanted) {
		fail(errors.New("the data came back different"))
	}
}

func numbers[T ~uint16](list string) []T {
	var result []T
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		result = append(result, T(must(strconv.ParseUint(word, 10, 16))))
	}
	return result
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
