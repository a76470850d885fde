package report

// A Chart is a picture of measured points.
type Chart struct {
	File, Title    string
	XLabel, YLabel string
	XLog, YLog     bool
	Series         []Series
}

// A Series is one line of a Chart.
type Series struct {
	Name string
	X, Y []float64
}
