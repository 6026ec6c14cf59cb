package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"understudy/cmd/internal/client"
	"understudy/simulations"
)

// root is the tree of commands.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "understudy",
		Short: "Stand in for the services that yours calls",
		Long: `Understudy stands in for the services that a service under test calls: it
answers from stubs, records what the real ones say, and plays it back. Nothing
leaves it except to a declared collaborator, in a mode that says so.`,
		Version:       versionLine(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version")
	root.AddGroup(
		&cobra.Group{ID: groupServe, Title: "Standing in:"},
		&cobra.Group{ID: groupFiles, Title: "Documents:"},
		&cobra.Group{ID: groupAsk, Title: "Asking a running understudy:"},
		&cobra.Group{ID: groupKeep, Title: "Keeping:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	add(groupServe, c.serveCommand(), c.recordCommand(), c.configCommand())
	add(groupFiles, c.validateCommand(), c.asking(c.importCommand()), c.asking(c.exportCommand()), c.asking(c.generalizeCommand()))
	add(groupAsk, c.asking(c.simulationsCommand()), c.asking(c.collaboratorsCommand()), c.asking(c.modeCommand()),
		c.asking(c.journalCommand()), c.asking(c.verifyCommand()), c.asking(c.explainCommand()),
		c.asking(c.sessionsCommand()), c.asking(c.fixturesCommand()), c.asking(c.takesCommand()), c.asking(c.healthCommand()), c.asking(c.caCommand()))
	add(groupKeep, c.asking(c.backupCommand()), c.asking(c.restoreCommand()))
	root.AddCommand(c.versionCommand())
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

const (
	groupServe = "serve"
	groupFiles = "files"
	groupAsk   = "ask"
	groupKeep  = "keep"
)

// asking gives a command, and those below it, the flags of a client.
func (c *cli) asking(cmd *cobra.Command) *cobra.Command {
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.admin, "admin", envOr("UNDERSTUDY_ADMIN", client.DefaultAddress), "`address` of the admin plane (env UNDERSTUDY_ADMIN)")
	flags.StringVar(&c.token, "admin-token", "", "bearer `token` of the admin plane (env UNDERSTUDY_ADMIN_TOKEN)")
	c.outputFlag(cmd)
	before := cmd.PersistentPreRunE
	cmd.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := c.checkOutput(); err != nil {
			return err
		}
		if before != nil {
			return before(cmd, args)
		}
		return nil
	}
	// Help shows the address by default, not what the environment happens to say.
	flags.Lookup("admin").DefValue = client.DefaultAddress
	return cmd
}

// flagError is a mistake in a flag, with the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usageError{err}
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	return usagef("%w%s", err, simulations.Suggest(unknown.GetSpecifiedName(), known))
}

func (c *cli) outputFlag(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVarP(&c.output, "output", "o", outputTable, "how to print: "+strings.Join(outputs, ", "))
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp)))
}

func envOr(name, other string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return other
}

// must stops at a mistake in how the commands are put together, which any run
// of any command shows.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
