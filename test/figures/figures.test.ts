import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, type TopLevelSpec } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError } from '../../src/core/errors';
import * as figures from '../../src/figures/index';
import { thin } from '../../src/figures/spec';

const Y = [0, 0, 1, 1, 1, 0, 1, 0];
const SCORES = [0.1, 0.4, 0.35, 0.8, 0.9, 0.2, 0.6, 0.7];
const CURVE = {
  trainScores: [
    [1, 0.9],
    [0.9, 0.8],
  ],
  testScores: [
    [0.5, 0.7],
    [0.8, Number.NaN],
  ],
};

const SPECS: Record<string, () => figures.VegaLiteSpec> = {
  rocCurveFigure: () => figures.rocCurveFigure(Y, { a: SCORES, b: SCORES.map((s) => 1 - s) }),
  precisionRecallFigure: () => figures.precisionRecallFigure(Y, SCORES),
  calibrationFigure: () => figures.calibrationFigure(Y, Float32Array.from(SCORES), { nBins: 4 }),
  confusionMatrixFigure: () => figures.confusionMatrixFigure(['a', 'b', 'b'], ['a', 'b', 'a']),
  learningCurveFigure: () => figures.learningCurveFigure({ trainSizes: Int32Array.of(10, 20), ...CURVE }),
  validationCurveFigure: () => figures.validationCurveFigure([0.01, 10], CURVE, { paramName: 'C' }),
  'validationCurveFigure by names': () => figures.validationCurveFigure(['gini', 'entropy'], CURVE),
  historyFigure: () => figures.historyFigure({ loss: [1, 0.5], valLoss: [1, 0.8], accuracy: [0.2, 0.9] }),
  classBalanceFigure: () => figures.classBalanceFigure(['b', 'a', 'b'], ['b', 'a', 'b', 'a']),
  'classBalanceFigure of one list': () => figures.classBalanceFigure(Int8Array.of(1, 0, 1)),
  featureImportanceFigure: () => figures.featureImportanceFigure([0.2, -0.8, 0.1], { deviations: [0.1, 0.2, 0] }),
};

/** Every data row anywhere in a specification. */
function rowsOf(spec: unknown): Record<string, unknown>[] {
  if (Array.isArray(spec)) return spec.flatMap(rowsOf);
  if (typeof spec !== 'object' || spec === null) return [];
  return Object.entries(spec).flatMap(([key, value]) =>
    key === 'values' && Array.isArray(value) ? (value as Record<string, unknown>[]) : rowsOf(value),
  );
}

describe('figures', () => {
  it.each(Object.entries(SPECS))('%s is plain JSON that Vega-Lite takes without a word', (_, make) => {
    const spec = make();
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    const said: string[] = [];
    const note = (...words: readonly unknown[]): never => {
      said.push(words.join(' '));
      return logger as never;
    };
    const logger = { level: () => logger, error: note, warn: note, info: () => logger, debug: () => logger };
    compile(spec as unknown as TopLevelSpec, { logger: logger as never });
    expect(said).toEqual([]);
  });

  it.each(Object.entries(SPECS))('%s can be drawn', async (_, make) => {
    const spec = make();
    const svg = await figures.toSVG(spec);
    expect(svg).toMatch(/^<svg/);
    expect(svg).toContain(spec.title as string);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('hold the curves that the metrics give', () => {
    const rows = rowsOf(SPECS.rocCurveFigure!());
    const ofA = rows.filter((r) => String(r.model).startsWith('a '));
    expect(ofA[0]).toMatchObject({ fpr: 0, tpr: 0 });
    expect(ofA.at(-1)).toMatchObject({ fpr: 1, tpr: 1 });
    expect(ofA[0]!.model).toBe('a (AUC 0.813)');
    // The guess beside a precision–recall curve is the share of positive samples.
    expect(rowsOf(SPECS.precisionRecallFigure!())[0]).toEqual({ precision: 0.5 });
  });

  it('colour a confusion by the share of its row', () => {
    const rows = rowsOf(SPECS.confusionMatrixFigure!());
    expect(rows.map((r) => [r.true, r.predicted, r.text, r.share])).toEqual([
      ['a', 'a', '1', 1],
      ['a', 'b', '0', 0],
      ['b', 'a', '1', 0.5],
      ['b', 'b', '1', 0.5],
    ]);
  });

  it('sum up folds, and leave out failed ones', () => {
    const rows = rowsOf(SPECS.learningCurveFigure!());
    const validation = rows.filter((r) => r.part === 'validation');
    expect(validation.map((r) => [r.x, r.mean])).toEqual([
      [10, 0.6],
      [20, 0.8],
    ]);
  });

  it('sort importances by size and keep the greatest', () => {
    const spec = figures.featureImportanceFigure([0.2, -0.8, 0.1], { featureNames: ['x', 'y', 'z'], top: 2 });
    expect(rowsOf(spec).map((r) => r.feature)).toEqual(['y', 'x']);
  });

  it('count the samples of each class before and after', () => {
    const rows = rowsOf(SPECS.classBalanceFigure!());
    expect(rows.map((r) => [r.class, r.part, r.samples])).toEqual([
      ['a', 'before', 1],
      ['b', 'before', 2],
      ['a', 'after', 2],
      ['b', 'after', 2],
    ]);
  });

  it('put both sets into the plane of the first', async () => {
    const X = Array.from({ length: 30 }, (_, i) => [i, 2 * i + (i % 3), (i * 7) % 5]);
    const y = X.map((_, i) => (i < 20 ? 'usual' : 'rare'));
    const grown = { X: [...X, [50, 100, 2]], y: [...y, 'rare'] };
    const spec = await figures.resamplingFigure({ X, y }, grown, { maxPoints: 10 });
    const panels = spec.hconcat as readonly { readonly title: string }[];
    expect(panels.map((p) => p.title)).toEqual(['before: 30 samples', 'after: 31 samples']);
    expect(rowsOf(panels[0])).toHaveLength(10);
    const all = await figures.resamplingFigure({ X, y }, grown);
    const [before, after] = (all.hconcat as readonly unknown[]).map(rowsOf);
    expect(after!.slice(0, 30)).toEqual(before);
    expect(await figures.toSVG(all)).toContain('Resampling');
    await expect(figures.resamplingFigure({ X, y }, { X: [[1]], y: ['a'] })).rejects.toThrow(KompaktError);
    await expect(figures.resamplingFigure({ X, y: y.slice(1) }, grown)).rejects.toThrow(KompaktError);
  });

  it('thin long curves without their ends', () => {
    const points = thin(
      Array.from({ length: 5000 }, (_, i) => i),
      100,
    );
    expect([points.length, points[0], points.at(-1)]).toEqual([100, 0, 4999]);
    expect(new Set(points).size).toBe(100);
  });

  it('take a size and a title', () => {
    const spec = figures.rocCurveFigure(Y, SCORES, { title: 'Mine', width: 500, height: 200 });
    expect([spec.title, spec.width, spec.height]).toEqual(['Mine', 500, 200]);
  });
});

describe('saving', () => {
  it('writes SVG files and pages that need nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-figures-'));
    try {
      await figures.saveSVG(SPECS.rocCurveFigure!(), join(folder, 'a.svg'));
      expect(readFileSync(join(folder, 'a.svg'), 'utf8')).toMatch(/^<svg/);
      const unsafe = figures.rocCurveFigure(Y, { '</script><b>': SCORES });
      await figures.saveHTML([unsafe, SPECS.historyFigure!()], join(folder, 'a.html'), { title: 'A < B' });
      const page = readFileSync(join(folder, 'a.html'), 'utf8');
      expect(page.match(/<svg/g)).toHaveLength(2);
      expect(page).toContain('<title>A &lt; B</title>');
      expect(page).not.toContain('</script><b>');
      expect(page).not.toMatch(/src=|href="http/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what to install, and what can’t be drawn', async () => {
    const spec = SPECS.rocCurveFigure!();
    await expect(figures.toSVG({ $schema: 'x', mark: 'no such mark' } as never)).rejects.toThrow(ConfigError);
    const broken = { vega: { parse: () => null, View: null as never }, vegaLite: { compile: () => ({ spec: null }) } };
    await expect(figures.toSVG(spec, broken)).rejects.toThrow(/can't be drawn/);
    await expect(figures.toSVG(spec, { vegas: 1 } as never)).rejects.toThrow(/vegas/);
  });
});

describe('what makes no figure', () => {
  it.each<[string, () => unknown]>([
    ['no scores', () => figures.rocCurveFigure(Y, {})],
    ['scores that are none', () => figures.rocCurveFigure(Y, null as never)],
    ['scores of other samples', () => figures.rocCurveFigure(Y, [1, 2])],
    ['three classes', () => figures.precisionRecallFigure([0, 1, 2], [1, 2, 3])],
    [
      'decision values as probabilities',
      () =>
        figures.calibrationFigure(
          Y,
          Y.map((v) => v * 3 - 1),
        ),
    ],
    ['scores of other points', () => figures.learningCurveFigure({ trainSizes: [1], ...CURVE })],
    ['values of other points', () => figures.validationCurveFigure([1], CURVE)],
    ['an empty history', () => figures.historyFigure({})],
    ['names of other features', () => figures.featureImportanceFigure([1, 2], { featureNames: ['a'] })],
    ['importances that are NaN', () => figures.featureImportanceFigure([Number.NaN])],
    ['a width of nothing', () => figures.rocCurveFigure(Y, SCORES, { width: 0 })],
    ['an unknown option', () => figures.rocCurveFigure(Y, SCORES, { colour: 'red' } as never)],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(KompaktError);
  });
});
