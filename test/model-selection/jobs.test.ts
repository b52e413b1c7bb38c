import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AbortError, ConfigError } from '../../src/core/errors';
import { wine } from '../../src/data/index';
import { RandomUnderSampler } from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import * as ms from '../../src/model-selection/index';
import { describeValue, revive } from '../../src/model-selection/jobs/describe';
import { KNeighborsClassifier } from '../../src/neighbors/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { StandardScaler } from '../../src/preprocessing/index';
import { MeanRegressor } from './recorders';

const folder = mkdtempSync(join(tmpdir(), 'kompakt-jobs-'));
const at = (name: string): URL => pathToFileURL(join(folder, name));
const bundle = (entry: object, name: string): Promise<unknown> =>
  build({
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    outfile: join(folder, name),
    logLevel: 'error',
    ...entry,
  });

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  await bundle({ entryPoints: [resolve('src/model-selection/jobs/worker/jobs-worker.ts')] }, 'jobs-worker.js');
  await bundle({ entryPoints: [resolve('src/model-selection/index.ts')] }, 'selection.js');
  const dying = `import { serveJobs } from './src/model-selection/index.ts';
    class DyingRegressor { kind = 'regressor'; name = 'DyingRegressor'; constructor(options) { this.options = options; }
      async fit() { if (this.options.how === 'hang') await new Promise(() => { setInterval(() => {}, 1000); }); process.exit(3); } }
    serveJobs({ DyingRegressor });`;
  await bundle({ stdin: { contents: dying, resolveDir: resolve('.'), loader: 'ts' } }, 'dying.js');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { X, y } = wine();
const threads = { nJobs: 2 } as const;
const withWorker = () => ({ ...threads, jobModule: at('jobs-worker.js') });

/** The same without what differs from run to run. */
const timeless = (results: object): unknown =>
  Object.fromEntries(Object.entries(results).filter(([name]) => !/Time$/.test(name)));

// Threads take their time to start where all cores are busy.
describe('jobs in threads', { timeout: 240_000 }, () => {
  it('give the same bits as one after the other', async () => {
    const pipe = ms.makePipeline(
      new StandardScaler(),
      new RandomUnderSampler({ seed: numpyRandom(3) }),
      new LogisticRegression(),
    );
    const scoring = ['accuracy', 'negLogLoss'] as const;
    const warnings: Error[] = [];
    const options = { cv: 4, scoring, returnTrainScore: true, onWarning: (w: Error) => warnings.push(w) };
    const serial = await ms.crossValidate(pipe, X, y, options);
    const parallel = await ms.crossValidate(pipe, X, y, { ...options, ...withWorker() });
    expect(warnings).toEqual([]);
    expect(timeless(parallel)).toEqual(timeless(serial));
    const grid = {
      logisticRegression__C: [0.1, 1],
      standardScaler: [new StandardScaler({ withMean: false }), 'passthrough'],
    };
    const search = new ms.GridSearchCV(pipe, grid as never, { cv: 3 });
    const one = await search.fit(X, y);
    const two = await search.withParams(withWorker()).fit(X, y);
    expect(two.warnings).toEqual(one.warnings);
    expect(timeless(two.cvResults)).toEqual(timeless(one.cvResults));
    expect(two.predict(X)).toEqual(one.predict(X));
    const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * 13, (i + 1) * 13)));
    const names = Array.from(y, (c) => `class ${c}`);
    const predict = (more: object) => ms.crossValPredict(new KNeighborsClassifier(), rows, names, { cv: 5, ...more });
    expect(await predict(withWorker())).toEqual(await predict({}));
  });
  it('start the built-in worker beside the built library', async () => {
    const built = (await import(at('selection.js').href)) as typeof ms;
    const warnings: string[] = [];
    const onWarning = (w: Error): unknown => warnings.push(w.message);
    const scores = await built.crossValScore(new KNeighborsClassifier(), X, y, { cv: 3, ...threads, onWarning });
    expect(warnings).toEqual([]);
    expect(scores).toEqual(await ms.crossValScore(new KNeighborsClassifier(), X, y, { cv: 3 }));
  });
  it('count, and stop when told to', async () => {
    const seen: number[] = [];
    const estimator = new KNeighborsClassifier();
    await ms.crossValScore(estimator, X, y, { cv: 5, ...withWorker(), onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    const controller = new AbortController();
    const options = { cv: 5, ...withWorker(), signal: controller.signal, onProgress: () => controller.abort() };
    await expect(ms.crossValScore(estimator, X, y, options)).rejects.toThrow(AbortError);
  });
  it('fail as they do one after the other', async () => {
    const bad = new LogisticRegression({ C: -1 });
    await expect(ms.crossValScore(bad, X, y, { cv: 3, ...withWorker() })).rejects.toThrow(ConfigError);
    await expect(ms.crossValScore(bad, X, y, { cv: 3, ...withWorker(), errorScore: 'raise' })).rejects.toThrow(/C /);
    const search = new ms.GridSearchCV(
      new KNeighborsClassifier(),
      { nNeighbors: [5, 1000] },
      { cv: 3, ...withWorker() },
    );
    const { warnings, cvResults } = await search.fit(X, y);
    expect(warnings.map((w) => w.name)).toEqual(['FitFailedWarning']);
    expect(cvResults.rankTestScore).toEqual([1, 2]);
  });
  it('that end by themselves, or hang, end in a typed error', async () => {
    class DyingRegressor extends MeanRegressor {
      override readonly name = 'DyingRegressor' as never;
    }
    const jobModule = at('dying.js');
    const run = (how: string, more: object = {}) =>
      ms.crossValScore(new DyingRegressor({ how } as never), [[1], [2], [3], [4]], [1, 2, 3, 4], {
        cv: 2,
        ...threads,
        jobModule,
        ...more,
      });
    await expect(run('exit')).rejects.toThrow(ms.JobThreadError);
    await expect(run('hang', { signal: AbortSignal.timeout(400) })).rejects.toThrow(AbortError);
  });
});

describe('without threads', { timeout: 240_000 }, () => {
  const run = async (options: object, estimator: object = new MeanRegressor()): Promise<string> => {
    const told: string[] = [];
    const given = { cv: 2, ...threads, onWarning: (w: Error) => told.push(w.message), ...options };
    const scores = await ms.crossValScore(estimator as MeanRegressor, [[1], [2], [3], [4]], [1, 2, 3, 4], given);
    expect(scores.length).toBe(2);
    return told.join();
  };
  it('says why', async () => {
    expect(await run({ scoring: () => 1 })).toMatch(/one after the other.*scoring is a function/);
    expect(await run({ jobModule: at('dying.js') })).toMatch(/knows no class 'MeanRegressor'/);
    expect(await run({ jobModule: at('missing.js') })).toMatch(/no thread can be started/);
    const { fit } = new MeanRegressor();
    class Nameless {
      readonly kind = 'regressor';
      readonly options = {};
      readonly fit = fit;
    }
    expect(await run({}, new Nameless())).toMatch(/an object of a class without a name/);
    await expect(run({ nJobs: 0 })).rejects.toThrow(/nJobs must be a number of threads/);
  });
  it('describes and revives what estimators are made of', () => {
    const given = {
      a: [1, { b: new KNeighborsClassifier({ nNeighbors: 3 }) }],
      seed: numpyRandom(7),
      u: undefined,
      n: null,
    };
    const described = structuredClone(describeValue(given, 'it'));
    const back = revive(described, { KNeighborsClassifier, NumpyRandom: numpyRandom(0).constructor }) as typeof given;
    expect((back.a[1] as { b: KNeighborsClassifier }).b.options).toEqual({ nNeighbors: 3 });
    expect(back.seed.permutation(9)).toEqual(numpyRandom(7).permutation(9));
    expect(() => revive(described, {})).toThrow(/knows no class/);
  });
});
