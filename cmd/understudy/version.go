package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func (c *cli) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: c.does(func(context.Context, []string) error {
			if err := c.checkOutput(); err != nil {
				return err
			}
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				OS      string `json:"os"`
				Arch    string `json:"arch"`
			}{buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH}
			return c.showValue(v, func() { c.sayf("%s", versionLine()) })
		}),
	}
	c.outputFlag(cmd)
	return cmd
}

// versionLine is what `understudy version` and `understudy --version` say.
func versionLine() string {
	return fmt.Sprintf("understudy %s (%s, %s/%s)", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
