// The shim as the runner starts it, once for each test: it hands its arguments to a warm worker over a Unix socket
// and ends as the worker says. Starting Node for each of thousands of tests would take most of the time of a run.
//
// HANDFAST_BOGO_WORKERS names the folder of the sockets. Without it, every test is unimplemented: so the runner
// lists all its tests.
//
// A request is the arguments, each followed by a zero byte; its end is the end of the stream. The answer is the exit
// code in one byte, then what to write to standard error.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const unimplemented = 89

func main() {
	args := os.Args[1:]
	for _, arg := range args {
		// Another process that does half of a handshake: there is none.
		if arg == "-is-handshaker-supported" {
			fmt.Println("No")
			return
		}
	}
	folder := os.Getenv("HANDFAST_BOGO_WORKERS")
	if folder == "" {
		os.Exit(unimplemented)
	}
	code, err := ask(folder, args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "launcher: %s\n", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func ask(folder string, args []string) (int, error) {
	sockets, err := filepath.Glob(filepath.Join(folder, "*.sock"))
	if err != nil || len(sockets) == 0 {
		return 0, fmt.Errorf("no worker in %s", folder)
	}
	conn, err := net.Dial("unix", sockets[turn(args)%len(sockets)])
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.Join(args, "\x00")+"\x00"); err != nil {
		return 0, err
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return 0, err
	}
	if len(answer) == 0 {
		return 0, fmt.Errorf("the worker crashed")
	}
	os.Stderr.Write(answer[1:])
	return int(answer[0]), nil
}

// Tests take turns among the workers by their number.
func turn(args []string) int {
	for i, arg := range args[:max(0, len(args)-1)] {
		if arg == "-shim-id" {
			id, _ := strconv.Atoi(args[i+1])
			return id
		}
	}
	return 0
}
