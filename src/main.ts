#!/usr/bin/env node
/** Process entry: command line to command. */
import { runCommandLine } from './cli/command-line.ts';

await runCommandLine(process.argv);
