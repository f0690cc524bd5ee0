/** The commands of `patchbay` and their options; each command is loaded when it is asked for. */
import { Command } from 'commander';
import { SwitchError } from '../errors.ts';

export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('patchbay')
    .description(
      "Connects telephone calls to AI voice agents, with the sound of a real place behind the agent's voice.",
    )
    .showHelpAfterError('(patchbay --help tells the commands)')
    .configureHelp({ sortSubcommands: false });

  program
    .command('serve')
    .description('answer calls; without a configuration, with the demo agent on port 5060')
    .option('-c, --config <file>', 'configuration file (YAML); else PATCHBAY_CONFIG names it')
    .action(async (options: { config?: string }) => {
      const { serve } = await import('./serve.ts');
      await serve(options.config);
    });

  program
    .command('check')
    .description('read the configuration and tell every mistake in it')
    .option('-c, --config <file>', 'configuration file (YAML); else PATCHBAY_CONFIG names it')
    .action(async (options: { config?: string }) => {
      const { check } = await import('./check.ts');
      check(options.config);
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof SwitchError)) throw error;
    process.stderr.write(`patchbay: ${error.message}\n`);
    process.exitCode = 1;
  }
}
