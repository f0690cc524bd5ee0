/** The commands of `patchbay` and their options; each command is loaded when it is asked for. */
import { Command, Option } from 'commander';
import { SwitchError } from '../errors.ts';
import type { SipUri } from '../sip/message/uri.ts';
import { type CallOptions, codecList, digitGroups, targetArgument, wholeNumber } from './call/options.ts';
import type { RehearseOptions } from './rehearse/options.ts';
import { loudness, type SoundArguments, soundOptions } from './sound/options.ts';

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
      await check(options.config);
    });

  program
    .command('call')
    .description('call a SIP address: talk, press keys, record and measure what is heard')
    .argument(
      '<sip-uri>',
      'whom to call: sip:user@host, with :port and ;transport=tcp if need be',
      targetArgument,
    )
    .option('--play <file>', 'play a sound file of any kind to the far end')
    .option('--say <text>', 'say something to the far end, after the file if there is one')
    .option('--digits <groups>', 'keys to press, in groups with commas between: 2,0 or 1234#,1', digitGroups)
    .option(
      '--digit-gap-ms <ms>',
      'milliseconds from the answer to the first group, and from group to group',
      wholeNumber(0, 3_600_000),
      4_000,
    )
    .addOption(
      new Option('--digits-by <way>', 'RTP telephone events, or SIP INFO')
        .choices(['rtp', 'info'])
        .default('rtp'),
    )
    .option(
      '--record <wav>',
      'write what is heard from answer to end to a file (16 bit; 8 kHz, with g722 16 kHz)',
    )
    .option('--duration <s>', 'hang up so many seconds after the answer', wholeNumber(1, 86_400), 300)
    .option('--answer-within <s>', 'give up when nobody answers for so long', wholeNumber(1, 600), 60)
    .addOption(new Option('--transport <name>', 'overrides what the URI says').choices(['udp', 'tcp']))
    .addOption(
      new Option('--codec <list>', 'codecs to offer, the preferred first')
        .argParser(codecList)
        .default(['PCMA', 'PCMU'], 'pcma,pcmu'),
    )
    .option('--from <number>', 'who is calling', 'patchbay')
    .option('--local-port <port>', 'SIP port to call from; 0 takes any', wholeNumber(0, 65_535), 0)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', CALL_HELP)
    .showHelpAfterError('(patchbay call --help tells the options)')
    .action(async (target: SipUri, options: CallOptions) => {
      const { call } = await import('./call.ts');
      await call(target, options);
    });

  program
    .command('replay')
    .description('hear and measure the RTP of a capture as the switch would have heard it')
    .argument('<capture>', 'a pcap or pcapng file')
    .option('-o, --out <folder>', 'write what was heard there, a WAV file for each stream')
    .option('--json', 'print the report as JSON')
    .action(async (file: string, options: { out?: string; json?: boolean }) => {
      const { replayCapture } = await import('./replay.ts');
      process.stdout.write(await replayCapture({ file, ...options }));
    });

  program
    .command('rehearse')
    .description('hold a call with an AI Flow app from a script, and print the exchange')
    .argument('<app>', "the app's URL (http, https, ws, wss), or the name of a configured flow")
    .argument('[steps...]', 'what the caller does, one step an argument')
    .option('--script <file>', 'steps from a file, one a line')
    .option('-c, --config <file>', 'configuration file (YAML); else PATCHBAY_CONFIG names it')
    .option('--token <token>', 'sent as X-API-TOKEN to a URL')
    .option('--from <number>', 'who is calling', '+4915790000687')
    .option('--to <number>', 'the number dialled', '+4921155660')
    .option('--language <tag>', 'spoken with a URL: en, de-DE')
    .option('--recognise', 'speak the words of "say" aloud, and have the recogniser understand them', false)
    .option('--record <wav>', 'write what the caller hears to a file (8 kHz, 16 bit)')
    .option('--ca <file>', 'whom to trust at a URL, in PEM')
    .option('--insecure', 'trust any certificate of a URL', false)
    .option('--json', 'print the exchange as JSON, one line each', false)
    .addHelpText('after', REHEARSE_HELP)
    .action(async (app: string, steps: string[], options: RehearseOptions) => {
      const { rehearse } = await import('./rehearse.ts');
      await rehearse(app, steps, options);
    });

  program
    .command('sound')
    .description('tell what a sound file is and what becomes of it as a loop')
    .argument('<file>', 'any kind of sound file')
    .addOption(
      new Option('--rate <hz>', 'rate of what is prepared: 8000 is what callers hear')
        .choices(['8000', '16000', '24000', '48000'])
        .default('8000'),
    )
    .option('--loudness <lufs>', 'bring it to this loudness; "as-is" leaves it', loudness, -30)
    .option('-o, --out <wav>', 'write the prepared loop, which wraps without a click in any player')
    .option('--picture <svg>', 'draw the loop and its wrap, before and after')
    .action(async (file: string, options: SoundArguments) => {
      const { sound } = await import('./sound.ts');
      process.stdout.write(await sound(file, soundOptions(options)));
    });

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof SwitchError)) throw error;
    process.stderr.write(`patchbay: ${error.message}\n`);
    process.exitCode = 1;
  }
}

const REHEARSE_HELP = `
No telephone and no network but the app's own: the caller's words are heard as they are written, the agent's are
spoken, and everything takes the time it takes in a call.

Steps, each when it is the caller's turn, or a second into the agent's speech with "over" before it:
  say <words>
  play <sound file>   understood by the recogniser
  press <keys>        0-9 * # A-D
  cough               a noise without words
  wait <seconds>
  hang-up

Exit code: 0 when the app served the call, 1 when it could not.

Example:
  patchbay rehearse http://localhost:3000/webhook 'say A table, please' 'over say No, for three' 'wait 10'`;

const CALL_HELP = `
While the call lasts, Ctrl-C hangs up; again, it ends the program.

Exit code:
  0  answered, and ended normally by either side
  1  the command line is wrong, or a file or port it names cannot be used
  2  refused: busy, declined, not found (the report has the status)
  3  nobody answered in time, or Ctrl-C came first
  4  answered, but no audio ever came
  5  the host was not found, or the connection or the media failed

Example:
  patchbay call sip:demo@127.0.0.1 --digits 2,0 --record heard.wav`;
