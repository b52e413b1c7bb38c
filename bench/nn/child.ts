/*
 * child.ts <kompakt|wasm|cpu> <kind of work> <threads>: like bench/estimators/child.ts for networks of kompakt, and of
 * tfjs on one of its backends.
 */
import { createInterface } from 'node:readline';
import { prepareOurs } from './ours';
import { prepareTfjs } from './tfjs';
import type { Kind } from './work';

const [contender, kind, threads] = process.argv.slice(2) as ['kompakt' | 'wasm' | 'cpu', Kind, string];
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const run = contender === 'kompakt' ? await prepareOurs(kind, Number(threads)) : await prepareTfjs(kind, contender);
say({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const [began, usage] = [performance.now(), process.cpuUsage()];
  const value = await run();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(usage);
  say({ ms, cpuMs: (user + system) / 1000, value, peakMiB: process.resourceUsage().maxRSS / 1024 });
}
process.exit(0);
