// A tailnet of its own on loopback, for a trial: the control server that Tailscale tests its own programs with, and a
// relay. It prints its address, and lives until its standard input ends.
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
	flag.Parse()

	control := &testcontrol.Server{
		DERPMap:        relay(),
		MagicDNSDomain: *domain,
		DNSConfig:      &tailcfg.DNSConfig{Proxied: true, Domains: []string{*domain}},
		Logf:           logger.Discard,
	}
	control.HTTPTestServer = httptest.NewUnstartedServer(control)
	control.HTTPTestServer.Start()
	fmt.Println(control.HTTPTestServer.URL)
	io.Copy(io.Discard, os.Stdin)
}

// relay carries what two machines cannot send each other directly.
func relay() *tailcfg.DERPMap {
	server := httptest.NewUnstartedServer(derphttp.Handler(derp.NewServer(key.NewNode(), logger.Discard)))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	server.StartTLS()
	node := &tailcfg.DERPNode{
		Name:             "here",
		RegionID:         1,
		HostName:         "127.0.0.1",
		IPv4:             "127.0.0.1",
		IPv6:             "none",
		STUNPort:         -1,
		DERPPort:         server.Listener.Addr().(*net.TCPAddr).Port,
		InsecureForTests: true,
	}
	region := &tailcfg.DERPRegion{RegionID: 1, RegionCode: "here", Nodes: []*tailcfg.DERPNode{node}}
	return &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{1: region}}
}
