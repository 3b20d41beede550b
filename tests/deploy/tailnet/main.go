// A tailnet of its own for a trial, on loopback or another address of this machine: the control server that Tailscale
// tests its own programs with, and a relay. It prints its address, and lives until its standard input ends.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	"crypto/tls"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

func main() {
	domain := flag.String("domain", "plant.ts.net", "the tailnet's own name")
	host := flag.String("host", "127.0.0.1", "the address to listen on")
	port := flag.Int("port", 0, "the control server's port; 0 is any that is free")
	flag.Parse()

	control := &testcontrol.Server{
		DERPMap:        relay(*host),
		MagicDNSDomain: *domain,
		DNSConfig:      &tailcfg.DNSConfig{Proxied: true, Domains: []string{*domain}},
		Logf:           logger.Discard,
	}
	control.HTTPTestServer = serverOn(*host, *port, control)
	control.HTTPTestServer.Start()
	fmt.Println(control.HTTPTestServer.URL)
	io.Copy(io.Discard, os.Stdin)
}

// serverOn is not started yet.
func serverOn(host string, port int, handler http.Handler) *httptest.Server {
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
	if err != nil {
		log.Fatal(err)
	}
	return &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
}

// relay carries what two machines cannot send each other directly.
func relay(host string) *tailcfg.DERPMap {
	server := serverOn(host, 0, derphttp.Handler(derp.NewServer(key.NewNode(), logger.Discard)))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	server.StartTLS()
	node := &tailcfg.DERPNode{
		Name:             "here",
		RegionID:         1,
		HostName:         host,
		IPv4:             host,
		IPv6:             "none",
		STUNPort:         -1,
		DERPPort:         server.Listener.Addr().(*net.TCPAddr).Port,
		InsecureForTests: true,
	}
	region := &tailcfg.DERPRegion{RegionID: 1, RegionCode: "here", Nodes: []*tailcfg.DERPNode{node}}
	return &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{1: region}}
}
