import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fasterThan, within } from '../bars';
import { CASES, type Case } from '../estimators/cases';
import { nodeRival, pythonRival, type Rival } from '../estimators/rivals';
import { type Data, makeData, writeData } from '../estimators/work';
import { expectAgreement, type Timing, timingOf } from '../measure';
import type { Part, PartContext } from '../part';
import type { Row } from '../results';

const THREADS = 2;
const PEERS: readonly string[] = ['ml.js', 'scikitjs'];

/** Where data lies that is not part of the repository. */
function sharedFile(name: string): string {
  const shared = process.env.KOMPAKT_SHARED ?? join(dirname(process.argv[1]!), '..', '..', 'shared');
  return join(shared, 'data', name);
}

function dataOf(one: Case): Data | string {
  if (one.texts === undefined) return makeData(one);
  const file = sharedFile(one.texts);
  if (!existsSync(file)) return `${one.work} is left out: there is no ${file}; set KOMPAKT_SHARED`;
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  return { ...makeData(one), texts: lines.map((line) => line.slice(line.indexOf('\t') + 1)) };
}

async function runCase(one: Case, { print }: PartContext): Promise<Row | null> {
  const data = dataOf(one);
  if (typeof data === 'string') {
    print(data);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bench-'));
  writeData(folder, data);
  const started = [await nodeRival('kompakt', one.kind, folder, THREADS), await pythonRival(one.kind, folder, THREADS)];
  for (const peer of one.peers ?? []) started.push(await nodeRival(peer, one.kind, folder, 1));
  const rivals = started.filter((r) => typeof r !== 'string');
  for (const reason of started) if (typeof reason === 'string') print(reason);
  try {
    const timings = await alternate(one, rivals);
    for (const t of timings) print(`  ${one.work}, ${t.name}: ${t.medianMs.toFixed(1)} ms, ${t.peakMiB} MiB`);
    return {
      work: one.work,
      timings,
      bars: [
        ...(one.atMost === undefined
          ? []
          : within(`× scikit-learn's time`, one.atMost, timings, { one: 'kompakt', other: 'scikit-learn' })),
        // Those that came to another figure have a longer name, and are no measure.
        ...fasterThan('× the speed of ml.js and scikitjs', 1, timings, { one: 'kompakt', others: [...PEERS] }),
      ],
    };
  } finally {
    for (const rival of rivals) rival.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rounds in turn, there and back, after one that warms up and whose figures must agree. */
async function alternate(one: Case, rivals: readonly Rival[]): Promise<Timing[]> {
  const first: number[] = [];
  for (const rival of rivals) first.push((await rival.round()).value);
  const names = rivals.map((rival, i) => {
    const [value, ours] = [first[i]!, first[0]!];
    if (!PEERS.includes(rival.name)) {
      expectAgreement(`${one.work}, ${rival.name}`, [value], [ours], one.tolerance);
      return rival.name;
    }
    const isFar = !(Math.abs(value - ours) <= (one.peerTolerance ?? 0) * Math.abs(ours));
    return isFar ? `${rival.name} (not compared: ${value.toFixed(3)}, ours ${ours.toFixed(3)})` : rival.name;
  });
  const times = rivals.map(() => [] as number[]);
  const peaks = rivals.map(() => 0);
  const order = [...rivals.keys()];
  for (let round = 0; round < one.rounds; round++) {
    for (const i of round % 2 === 0 ? order : order.toReversed()) {
      const { ms, peakMiB } = await rivals[i]!.round();
      times[i]!.push(ms);
      peaks[i] = Math.max(peaks[i]!, peakMiB);
    }
  }
  return rivals.map((_, i) => ({ ...timingOf(names[i]!, times[i]!), peakMiB: Math.round(peaks[i]!) }));
}

/** Whole fits of classical estimators. */
export const estimators: Part = {
  title: 'Classical estimators',
  about:
    'Fits (for neighbours the search, for TF-IDF the whole transformation) beside scikit-learn and imbalanced-learn, and ' +
    'ml.js and scikitjs where they have the estimator, at sizes that they manage in seconds. Every contender is a process of its own, which ' +
    `may use ${THREADS} cores; they take turns. Defaults, except 200 iterations for LogisticRegression and as many jobs as cores where ` +
    'there is such an option; ml.js’s LogisticRegression takes 1,000 of its 50,000 steps, 5e-3 long. A peer whose accuracy or ' +
    'inertia is more than 3 % away from kompakt’s says so in its name and is left out of ratios. In brackets the best round, then the most memory the process held, runtime and data included. ' +
    'Accuracies, counts and distances of kompakt and scikit-learn are compared first.',
  packages: [
    'ml-random-forest',
    'ml-cart',
    'ml-knn',
    'ml-naivebayes',
    'ml-kmeans',
    'ml-logistic-regression',
    'scikitjs',
  ],
  async run(context) {
    const rows: Row[] = [];
    for (const one of CASES) {
      if (one.long === true && !context.full) continue;
      const row = await runCase(one, context);
      if (row !== null) rows.push(row);
    }
    return rows;
  },
};
