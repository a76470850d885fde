package cli

import "github.com/spf13/cobra"

func newDemo() *cobra.Command       { return &cobra.Command{Use: "demo"} }
func newDemoWorker() *cobra.Command { return &cobra.Command{Use: "demo-worker", Hidden: true} }
