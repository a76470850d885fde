package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// The picture is well-formed, and has texts, bars and colours where the screen has them.
func TestDraw(t *testing.T) {
	var out strings.Builder
	screen := "\x1b[1;38;5;67mload\x1b[m <&> \x1b[38;2;1;2;3m▁▁██\x1b[39m x\n\x1b[7m tab \x1b[27m\x1b[31;44mred\x1b[0m\n"
	if err := draw(&out, strings.NewReader(screen), `a "title"`); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(out.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`aria-label="a &#34;title&#34;"`,
		`x="14.0" y="57.0" textLength="33.6" xml:space="preserve" fill="#5f87af" font-weight="bold">load</text>`,
		`x="56.0" y="57.0" textLength="25.2" xml:space="preserve">&lt;&amp;&gt;</text>`,
		`<rect x="89.6" y="59.0" width="16.2" height="2.0" fill="#010203"/>`,
		`<rect x="106.4" y="45.0" width="16.2" height="16.0" fill="#010203"/>`,
		`<rect x="14.0" y="62.0" width="42.0" height="18" fill="#d6dae0"/>`,
		`fill="#16191f">tab</text>`,
		`fill="#e0605a">red</text>`,
		`width="154" height="94"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
}
