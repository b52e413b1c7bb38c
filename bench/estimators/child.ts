/*
 * child.ts <kompakt|ml.js|scikitjs> <kind of work> <folder> <threads>: for every line read from standard input does the work once
 * and prints the milliseconds it took, its figure and the most memory the process has held, as JSON; a first line says
 * that it is ready. A process of its own, so that memory is that of the work.
 */
import { createInterface } from 'node:readline';
import { OURS } from './ours';
import { ML } from './peers';
import { SCIKITJS } from './scikitjs';

const [contender, kind, folder, threads] = process.argv.slice(2) as [string, string, string, string];
const prepare = { kompakt: OURS, 'ml.js': ML, scikitjs: SCIKITJS }[contender]?.[kind];
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

if (prepare === undefined) throw new Error(`${contender} does not do ${kind}`);
const run = await prepare(folder, Number(threads));
say({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const began = performance.now();
  const value = await run();
  say({ ms: performance.now() - began, value, peakMiB: process.resourceUsage().maxRSS / 1024 });
}
process.exit(0);
