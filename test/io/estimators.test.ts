import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/core/errors';
import { iris } from '../../src/data/index';
import { decodeSafetensors, encodeSafetensors } from '../../src/data/safetensors';
import { loadEstimator, saveEstimator, saveSafetensors } from '../../src/io/index';
import { FittedLogisticRegression, LogisticRegression } from '../../src/linear/index';
import { FittedPipeline, makePipeline } from '../../src/model-selection/index';
import { FittedStandardScaler, StandardScaler } from '../../src/preprocessing/index';
import {
  FittedHistGradientBoostingClassifier,
  FittedRandomForestClassifier,
  HistGradientBoostingClassifier,
  RandomForestClassifier,
} from '../../src/trees/index';

const { X, y } = iris();
const names = Array.from(y, (c) => ['setosa', 'versicolor', 'virginica'][c]!);

describe('files of estimators', () => {
  it.each<[string, () => Promise<never>, readonly unknown[]]>([
    ['a linear model', async () => (await new LogisticRegression().fit(X, names)) as never, [FittedLogisticRegression]],
    [
      'a forest',
      async () => (await new RandomForestClassifier({ nEstimators: 8, seed: 0 }).fit(X, names)) as never,
      [FittedRandomForestClassifier],
    ],
    [
      'boosted trees',
      async () => (await new HistGradientBoostingClassifier({ maxIter: 5 }).fit(X, names)) as never,
      [FittedHistGradientBoostingClassifier],
    ],
    [
      'a pipeline',
      async () => (await makePipeline(new StandardScaler(), new LogisticRegression()).fit(X, names)) as never,
      [FittedPipeline, FittedStandardScaler, FittedLogisticRegression],
    ],
  ])('keep %s to the bit', async (_, fit, classes) => {
    const model = (await fit()) as FittedLogisticRegression<string[]>;
    const again = loadEstimator(saveEstimator(model), classes as never) as typeof model;
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(again.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
    expect(again.classes).toEqual(model.classes);
  });

  it('hold long arrays as tensors', async () => {
    const bytes = saveEstimator(await new RandomForestClassifier({ nEstimators: 3, seed: 0 }).fit(X, y));
    const { tensors } = decodeSafetensors(bytes);
    expect(tensors.get('trees.0.threshold')!.dtype).toBe('float64');
    expect(tensors.size).toBeGreaterThan(5);
  });

  it('are written and read by path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-estimators-'));
    try {
      const model = await new LogisticRegression().fit(X, y);
      const path = join(folder, 'model.safetensors');
      await saveEstimator(model, path);
      const again = await loadEstimator(path, [FittedLogisticRegression]);
      expect(again.predict(X)).toEqual(model.predict(X));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are refused when they are something else, damaged, or of a class not named', async () => {
    const bytes = saveEstimator(await new RandomForestClassifier({ nEstimators: 3, seed: 0 }).fit(X, y));
    const load = (data: Uint8Array) => () => loadEstimator(data, [FittedRandomForestClassifier]);
    expect(() => loadEstimator(bytes, [FittedLogisticRegression])).toThrow(/RandomForestClassifier/);
    expect(() => loadEstimator(bytes, [])).toThrow(FormatError);
    expect(load(saveSafetensors({ w: [1] }))).toThrow(/no estimator/);
    expect(load(bytes.subarray(0, bytes.length - 8))).toThrow(FormatError);
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(load(encodeSafetensors(new Map(), metadata))).toThrow(/lacks its array/);
    expect(load(encodeSafetensors(tensors, { 'kompakt.estimator': '{' }))).toThrow(/no JSON/);
    expect(load(encodeSafetensors(tensors, { 'kompakt.estimator': '{"type":"RandomForestClassifier"}' }))).toThrow(
      FormatError,
    );
    expect(load(encodeSafetensors(tensors, { 'kompakt.estimator': 'null' }))).toThrow(FormatError);
    expect(() => saveEstimator({} as never)).toThrow(/toState/);
  });
});
