import { dirname, join } from 'node:path';
import { type Bar, within } from '../bars';
import { type Rival, start } from '../estimators/rivals';
import { expectAgreement, type Timing, timingOf } from '../measure';
import { type Kind, WORK } from '../nn/work';
import { OURS } from '../ours';
import type { Part, PartContext } from '../part';
import { TFJS_PACKAGES } from '../peers/tfjs';
import type { Row } from '../results';

const THREADS = [1, 2];

interface Case {
  readonly kind: Kind;
  readonly work: string;
  readonly rounds: number;
  /** The backend of tfjs that can do it; with `slow` only with --full. */
  readonly tfjs?: 'wasm' | 'cpu';
  readonly slow?: boolean;
}

const CASES: readonly Case[] = [
  { kind: 'cnn', work: 'CNN step, batch 64', rounds: 9, tfjs: 'cpu', slow: true },
  { kind: 'lstm', work: 'LSTM step, 32×50×64 → 128', rounds: 9, tfjs: 'cpu', slow: true },
  { kind: 'transformer', work: 'transformer block step, 32×64×128, 4 heads', rounds: 9 },
  { kind: 'vgg16', work: 'VGG16 inference, 224×224', rounds: 7, tfjs: 'wasm' },
];

/** tfjs's cpu backend takes up to a minute for a round. */
const SLOW_ROUNDS = 1;

/** How far figures may lie apart: epsilon is another in tfjs's Adam. */
const TOLERANCE = 5e-5;
const TFJS_TOLERANCE = 2e-3;

/** Networks of several kinds, every contender in a process of its own. */
export const nn: Part = {
  title: 'Networks',
  about:
    'Training steps with Adam: the CNN of the part above, an LSTM, and a block of a transformer’s encoder with 512 features ' +
    'between, on mean squared error; and VGG16 on one image. Every contender is a process of its own; they take turns. Rounds ' +
    'are epochs of four steps, or one prediction; times are per step. In brackets the best round, then the most memory the ' +
    'process held, runtime, weights and data included. All start from the same weights and the first round’s loss, or ' +
    'the logarithm of a probability, has to agree. tfjs-wasm has no gradient of a convolution by its kernel nor the LSTM’s, ' +
    'so there its cpu backend trains, with `--full` only; it has no layer for attention.',
  packages: TFJS_PACKAGES,
  async run(context) {
    const rows: Row[] = [];
    for (const one of CASES) rows.push(await runCase(one, context));
    return rows;
  },
};

async function runCase(one: Case, { print, full }: PartContext): Promise<Row> {
  const started: (Rival | string)[] = [];
  for (const threads of THREADS) started.push(await nodeRival(`${OURS}, ${threads}`, OURS, one.kind, threads));
  for (const threads of THREADS) started.push(await torchRival(one.kind, threads));
  if (one.tfjs !== undefined && (full || one.slow !== true))
    started.push(await nodeRival(`tfjs-${one.tfjs}`, one.tfjs, one.kind, 1));
  // Without kompakt there is nothing to judge; peers may be missing.
  const missing = started.slice(0, THREADS.length).find((r) => typeof r === 'string');
  if (missing !== undefined) throw new Error(`${one.work}: ${missing}`);
  const rivals = started.filter((r) => typeof r !== 'string');
  for (const reason of started) if (typeof reason === 'string') print(reason);
  try {
    const timings = await alternate(one, rivals);
    for (const t of timings) print(`  ${one.work}, ${t.name}: ${t.medianMs.toFixed(1)} ms, ${t.peakMiB} MiB`);
    const torch = rivals.find((r) => r.versions.torch !== undefined)?.versions.torch;
    return { work: one.work, timings, bars: barsOf(timings), ...(torch !== undefined && { note: `torch ${torch}` }) };
  } finally {
    for (const rival of rivals) rival.close();
  }
}

const home = (): string => dirname(process.argv[1]!);

function nodeRival(name: string, contender: string, kind: Kind, threads: number): Promise<Rival | string> {
  const runTs = join(home(), '..', 'scripts', 'run-ts.mjs');
  const args = [runTs, join(home(), 'nn', 'child.ts'), contender, kind, `${threads}`];
  return start(name, process.execPath, args, threads);
}

/** torch of Debian's own Python. */
function torchRival(kind: Kind, threads: number): Promise<Rival | string> {
  const { batch, steps } = WORK[kind];
  const args = [join(home(), 'torch', 'nn.py'), kind, `${threads}`, `${batch}`, `${steps}`];
  return start(`torch, ${threads}`, '/usr/bin/python3', args, threads);
}

/** Rounds in turn, there and back, after two that warm up, of which the first one's figures must agree. */
async function alternate({ work, kind, rounds }: Case, rivals: readonly Rival[]): Promise<Timing[]> {
  const first: number[] = [];
  for (const rival of rivals) first.push((await rival.round()).value);
  for (const [i, value] of first.entries()) {
    const { name } = rivals[i]!;
    const tolerance = name.startsWith('tfjs') ? TFJS_TOLERANCE : TOLERANCE;
    expectAgreement(`${work}, ${name}`, [value], [first[0]!], tolerance);
  }
  for (const rival of rivals) if (!isSlow(rival)) await rival.round();
  const times = rivals.map(() => [] as number[]);
  const peaks = rivals.map(() => 0);
  const order = [...rivals.keys()];
  for (let round = 0; round < rounds; round++) {
    for (const i of round % 2 === 0 ? order : order.toReversed()) {
      if (isSlow(rivals[i]!) && round >= SLOW_ROUNDS) continue;
      const { ms, peakMiB } = await rivals[i]!.round();
      times[i]!.push(ms / WORK[kind].steps);
      peaks[i] = Math.max(peaks[i]!, peakMiB);
    }
  }
  return rivals.map(({ name }, i) => ({ ...timingOf(name, times[i]!), peakMiB: Math.round(peaks[i]!) }));
}

const isSlow = ({ name }: Rival): boolean => name === 'tfjs-cpu';

function barsOf(timings: readonly Timing[]): Bar[] {
  return THREADS.flatMap((n) =>
    within(`networks, × torch’s time, ${n}`, 1.5, timings, { one: `${OURS}, ${n}`, other: `torch, ${n}` }, true),
  );
}
