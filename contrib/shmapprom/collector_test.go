package shmapprom

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"serve": serve, "store": store})
}

func anonymous(t *testing.T, o shmap.Options) *shmap.Map[int64, string] {
	t.Helper()
	m, err := shmap.Anonymous[int64, string](o)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

// TestNamesAreAsPrometheusWantsThem runs Prometheus's own linter, and its registry that checks what a collector sends.
func TestNamesAreAsPrometheusWantsThem(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	must(t, r.Register(New("a", anonymous(t, shmap.Options{}))))
	must(t, r.Register(New("b", anonymous(t, shmap.Options{})))) // two maps in one program
	problems, err := testutil.GatherAndLint(r)
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	n, err := testutil.GatherAndCount(r)
	must(t, err)
	if want := 2 * (1 + len(metrics)); n != want {
		t.Errorf("%d metrics, want %d", n, want)
	}
	if err := r.Register(New("a", anonymous(t, shmap.Options{}))); err == nil {
		t.Error("two maps of one name are not refused")
	}
}

func TestValuesAreThoseOfTheMap(t *testing.T) {
	m := anonymous(t, shmap.Options{Capacity: 10, Shards: 1, CountHits: true, EnableTTL: true})
	for k := range int64(15) {
		must(t, m.Store(k, "value"))
	}
	m.Load(14)
	m.Load(14)
	m.Load(99)
	must(t, m.StoreTTL(14, "value", -2)) // has expired
	_, err := m.FlushExpired()
	must(t, err)
	c := New("cache", m)
	for name, want := range map[string]float64{
		"up": 1, "entries": 9, "capacity_entries": 10, "max_entries": 0, "shards": 1, "participants": 1, "frozen": 0,
		"evictions_total": 5, "expirations_total": 1, "handle_hits_total": 2, "handle_misses_total": 1,
		"file_bytes": float64(m.Stats().FileBytes), "buckets": float64(m.Stats().Buckets),
	} {
		if have := only(t, c, "shmap_"+name); have != want {
			t.Errorf("%s is %v, want %v", name, have, want)
		}
	}
	must(t, m.Freeze())
	if have := only(t, c, "shmap_frozen"); have != 1 {
		t.Errorf("frozen is %v", have)
	}
}

// TestEveryFieldIsShown sets each field of the statistics alone, and sees which metrics show it.
func TestEveryFieldIsShown(t *testing.T) {
	const no = "LongestChain, which takes a walk; TTL, which never changes; ReadOnly, which the program knows; Transactions, which wraps"
	left := map[string]bool{"LongestChain": true, "TTL": true, "ReadOnly": true, "Transactions": true} // and why: no
	used := map[int]bool{}
	typ := reflect.TypeFor[shmap.Stats]()
	for i := range typ.NumField() {
		var s shmap.Stats
		switch f := reflect.ValueOf(&s).Elem().Field(i); f.Kind() {
		case reflect.Uint64:
			f.SetUint(1)
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		default:
			t.Fatalf("%s is of kind %s", typ.Field(i).Name, f.Kind())
		}
		shown := false
		for k, def := range metrics {
			if def.value(&s) == 1 {
				shown = true
				if used[k] {
					t.Errorf("%s shows two fields", def.name)
				}
				used[k] = true
			}
		}
		if name := typ.Field(i).Name; shown == left[name] {
			t.Errorf("a metric shows %s: %t (not shown are %s)", name, shown, no)
		}
	}
	if len(used) != len(metrics) {
		t.Errorf("%d of %d metrics show a field", len(used), len(metrics))
	}
}

func TestTheReadmeNamesEveryMetric(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	must(t, err)
	for _, def := range metrics {
		if name := "`shmap_" + def.name + "`"; !strings.Contains(string(readme), name) {
			t.Errorf("README.md does not name %s", name)
		}
	}
}

func TestClosedMapIsDown(t *testing.T) {
	m, err := shmap.Anonymous[int64, string](shmap.Options{})
	must(t, err)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(New("m", m))
	must(t, m.Close())
	n, err := testutil.GatherAndCount(r)
	must(t, err)
	if up := only(t, r, "shmap_up"); n != 1 || up != 0 {
		t.Errorf("%d metrics of a closed map, up is %v", n, up)
	}
}

// only is the value of the only metric with a name, of a collector or a registry.
func only(t *testing.T, from any, name string) float64 {
	t.Helper()
	g, ok := from.(prometheus.Gatherer)
	if !ok {
		r := prometheus.NewPedanticRegistry()
		must(t, r.Register(from.(prometheus.Collector)))
		g = r
	}
	families, err := g.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == name && len(f.GetMetric()) == 1 {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s, or more than one", name)
	return 0
}

// serve is a process with a map and a page of metrics, as the documentation of Prometheus has it.
func serve(args []string) error {
	m, err := shmap.Open[int64, string](args[0], shmap.Options{CountHits: true})
	if err != nil {
		return err
	}
	defer m.Close()
	loads, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	for k := range loads {
		m.Load(k)
	}
	prometheus.MustRegister(New("shared", m))
	server := httptest.NewServer(promhttp.Handler())
	defer server.Close()
	fmt.Println(server.URL)
	return procs.UntilEnd()
}

// store is a process that stores under keys of its own.
func store(args []string) error {
	m, err := shmap.Open[int64, string](args[0], shmap.Options{})
	if err != nil {
		return err
	}
	p, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	err = procs.Repeat(args, func(i int) error { return m.Store(p<<32+int64(i), "a value beyond eight bytes") })
	return errors.Join(err, m.Close())
}

// scrape reads a page as Prometheus does.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	r, err := http.Get(url)
	must(t, err)
	defer r.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r.Body)
	must(t, err)
	values := map[string]float64{}
	for name, f := range families {
		m := f.GetMetric()[0]
		if slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == "map" && l.GetValue() == "shared" }) {
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

// TestAllProcessesShowTheSame scrapes two processes while others store and one of those is killed.
func TestAllProcessesShowTheSame(t *testing.T) {
	path := procs.Path(t)
	a, b := procs.Start(t, "serve", []string{path, "0"}), procs.Start(t, "serve", []string{path, "7"})
	urls := []string{a.Line(), b.Line()}
	stop, scraped := make(chan struct{}), make(chan int)
	go func() { // scrapes go on during all of it
		for n := 0; ; n++ {
			select {
			case <-stop:
				scraped <- n
				return
			default:
			}
			if r, err := http.Get(urls[n%2]); err == nil {
				_ = r.Body.Close()
			}
		}
	}()
	sum := 0
	for _, n := range procs.Acknowledged(t, 4, "store", path, 3000) {
		sum += n
	}
	close(stop)
	if n := <-scraped; n == 0 {
		t.Error("nothing was scraped meanwhile")
	}

	procs.Until(t, "the killed process is no participant", func() bool {
		return scrape(t, urls[0])["shmap_participants"] == 2
	})
	va, vb := scrape(t, urls[0]), scrape(t, urls[1])
	if len(va) != 1+len(metrics) {
		t.Errorf("%d metrics, want %d", len(va), 1+len(metrics))
	}
	if n := va["shmap_entries"]; n != float64(sum) && n != float64(sum)+1 { // the killed one may not have come to say its last
		t.Errorf("%v entries, want %d, or one more", n, sum)
	}
	for name, value := range va {
		own := map[string]bool{"shmap_handle_misses_total": true}[name]
		if own != (value != vb[name]) {
			t.Errorf("%s is %v here and %v there", name, value, vb[name])
		}
	}
	if va["shmap_handle_misses_total"] != 0 || vb["shmap_handle_misses_total"] != 7 {
		t.Errorf("misses of the handles are %v and %v, want 0 and 7", va["shmap_handle_misses_total"], vb["shmap_handle_misses_total"])
	}
	m, err := shmap.Open[int64, string](path, shmap.Options{})
	must(t, err)
	procs.Check(t, m)
	must(t, m.Close())
	a.End()
	b.End()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
