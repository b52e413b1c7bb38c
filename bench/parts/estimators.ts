import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { within } from '../bars';
import { nodeRival, pythonRival, type Rival } from '../estimators/rivals';
import { type Data, makeData, type Work, writeData } from '../estimators/work';
import { expectAgreement, type Timing, timingOf } from '../measure';
import type { Part, PartContext } from '../part';
import type { Row } from '../results';

const THREADS = 2;

interface Case extends Work {
  readonly work: string;
  readonly atMost: number;
  readonly rounds: number;
  /** How far the figures of quality may be apart, relatively: estimators that draw differ. */
  readonly tolerance: number;
  /** Few enough samples for ml.js. */
  readonly small?: boolean;
  /** Only with --full. */
  readonly long?: boolean;
}

const CASES: readonly Case[] = [
  {
    work: 'LogisticRegression, 1e5 × 30',
    kind: 'logistic',
    rows: 100_000,
    columns: 30,
    atMost: 1,
    rounds: 9,
    tolerance: 1e-3,
  },
  {
    work: 'LogisticRegression, 1e6 × 10',
    kind: 'logistic',
    rows: 1_000_000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-3,
  },
  {
    work: 'LogisticRegression, 2e4 × 64, 10 classes',
    kind: 'logistic',
    rows: 20_000,
    columns: 64,
    classes: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-2,
  },
  {
    work: 'SMOTE, 5e4 of 1.5e5 × 10',
    kind: 'smote',
    rows: 150_000,
    columns: 10,
    rare: 1 / 3,
    atMost: 0.7,
    rounds: 3,
    tolerance: 0,
  },
  {
    work: 'SMOTE, 5e4 of 1.5e5 × 30',
    kind: 'smote',
    rows: 150_000,
    columns: 30,
    rare: 1 / 3,
    atMost: 0.7,
    rounds: 1,
    tolerance: 0,
    long: true,
  },
  {
    work: 'RandomForest, 100 trees, 2e3 × 10',
    kind: 'forest',
    rows: 2000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 0.02,
  },
  {
    work: 'RandomForest, 100 trees, 2e4 × 30',
    kind: 'forest',
    rows: 20_000,
    columns: 30,
    atMost: 1,
    rounds: 3,
    tolerance: 0.02,
  },
  {
    work: 'RandomForest, 100 trees, 1e5 × 30',
    kind: 'forest',
    rows: 100_000,
    columns: 30,
    atMost: 1,
    rounds: 1,
    tolerance: 0.02,
    long: true,
  },
  {
    work: 'HistGradientBoosting, 1e5 × 30',
    kind: 'boosting',
    rows: 100_000,
    columns: 30,
    atMost: 1.3,
    rounds: 5,
    tolerance: 0.01,
  },
  {
    work: 'HistGradientBoosting, 1e6 × 10',
    kind: 'boosting',
    rows: 1_000_000,
    columns: 10,
    atMost: 1.3,
    rounds: 2,
    tolerance: 0.01,
  },
  {
    work: '5 nearest of 1e3 × 10, each',
    kind: 'neighbors',
    rows: 1000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 1e5 × 3, each',
    kind: 'neighbors',
    rows: 100_000,
    columns: 3,
    atMost: 1,
    rounds: 3,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 2e4 × 10, each',
    kind: 'neighbors',
    rows: 20_000,
    columns: 10,
    atMost: 1,
    rounds: 3,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 1e4 × 64, each',
    kind: 'neighbors',
    rows: 10_000,
    columns: 64,
    atMost: 1,
    rounds: 3,
    tolerance: 1e-9,
  },
  {
    work: 'TF-IDF of the SMS set',
    kind: 'tfidf',
    rows: 1,
    columns: 5,
    texts: 'text/sms.tsv.gz',
    atMost: 1,
    rounds: 9,
    tolerance: 0,
  },
];

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
  const started = [
    await nodeRival('kompakt', one.kind, folder, THREADS),
    await pythonRival(one.kind, folder, THREADS),
    ...(one.small === true ? [await nodeRival('ml.js', one.kind, folder, 1)] : []),
  ];
  const rivals = started.filter((r) => typeof r !== 'string');
  for (const reason of started) if (typeof reason === 'string') print(reason);
  try {
    const timings = await alternate(one, rivals);
    for (const t of timings) print(`  ${one.work}, ${t.name}: ${t.medianMs.toFixed(1)} ms, ${t.peakMiB} MiB`);
    return {
      work: one.work,
      timings,
      bars: within(`× scikit-learn's time`, one.atMost, timings, { one: 'kompakt', other: 'scikit-learn' }),
    };
  } finally {
    for (const rival of rivals) rival.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rounds in turn, there and back, after one that warms up and whose figures must agree. */
async function alternate(one: Case, rivals: readonly Rival[]): Promise<Timing[]> {
  const first = [];
  for (const rival of rivals) first.push((await rival.round()).value);
  // ml.js's forest votes otherwise, and its neighbours only vote.
  const compared = rivals.filter((r) => r.name !== 'ml.js').length;
  for (let i = 1; i < compared; i++)
    expectAgreement(`${one.work}, ${rivals[i]!.name}`, [first[i]!], [first[0]!], one.tolerance);
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
  return rivals.map(({ name }, i) => ({ ...timingOf(name, times[i]!), peakMiB: Math.round(peaks[i]!) }));
}

/** Whole fits of classical estimators. */
export const estimators: Part = {
  title: 'Classical estimators',
  about:
    'Fits (for neighbours the search, for TF-IDF the whole transformation) beside scikit-learn and imbalanced-learn, and ' +
    'ml.js where it has the estimator and the data is small enough for it. Every contender is a process of its own, which ' +
    `may use ${THREADS} cores; they take turns. Defaults, except 200 iterations for LogisticRegression and as many jobs as cores where ` +
    'there is such an option. In brackets the best round, then the most memory the process held, runtime and data included. ' +
    'Accuracies, counts and distances of kompakt and scikit-learn are compared first.',
  packages: ['ml-random-forest'],
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
