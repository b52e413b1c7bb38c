#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { KompaktError } from '../core/errors';
import { demo } from './demo/index';

const HELP = `kompakt: machine learning in TypeScript, trained, balanced and compressed

usage
  kompakt demo [--json]    run the whole job on embedded real data: balance, train, distill, prune, quantise, save, load

options
  --json     print the results as JSON instead of text
  --help     print this
`;

/** Exit codes: 0 all right, 1 the work failed, 2 the command line is wrong. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  });
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  if (command !== 'demo' || rest.length > 0) {
    process.stderr.write(`kompakt: unknown command '${positionals.join(' ')}'. See kompakt --help.\n`);
    return 2;
  }
  const result = await demo((text) => values.json || process.stdout.write(`${text}\n`));
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const usage = error instanceof TypeError && (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`kompakt: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!usage && !(error instanceof KompaktError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = usage ? 2 : 1;
  },
);
